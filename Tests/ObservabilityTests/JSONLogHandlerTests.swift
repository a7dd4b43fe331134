// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation
internal import Logging
internal import StrictJSON
internal import Testing

@testable internal import Observability

@Suite("JSON log lines")
struct JSONLogHandlerTests {
    private let recorder = LogRecorder()

    private func logger(level: Logger.Level = .info, provider: Logger.MetadataProvider? = nil) -> Logger {
        Logger(label: "gatecast.edge") { [recorder] label in
            JSONLogHandler(label: label, level: level, stream: recorder.stream, metadataProvider: provider)
        }
    }

    private func line() throws -> JSONValue {
        let text = try #require(recorder.lines.last)
        #expect(text.hasSuffix("}\n"))
        #expect(text.count { $0 == "\n" } == 1)
        return try JSONScanner.parse(Array(text.utf8))
    }

    @Test("have time, level, logger, message and metadata, in this order")
    func shape() throws {
        let event = LogEvent(
            level: .warning,
            message: "upstream refused",
            metadata: ["upstream": "tasks", "status": .stringConvertible(502), "reused": .stringConvertible(true)],
            source: "Edge",
            file: #file,
            function: #function,
            line: #line
        )
        let handler = JSONLogHandler(label: "gatecast.edge", stream: recorder.stream)
        handler.log(event, at: LogTimestamp(seconds: 1_767_000_123, milliseconds: 42))
        #expect(
            recorder.lines == [
                #"{"ts":"2025-12-29T09:22:03.042Z","level":"warning","logger":"gatecast.edge","msg":"upstream refused","#
                    + #""reused":true,"status":502,"upstream":"tasks"}"# + "\n"
            ]
        )
    }

    @Test("are one line of JSON whatever is logged")
    func hostile() throws {
        logger().info("a\n\"b\"\u{0}", metadata: ["k\n": "v\r\n\u{2028}\\", "é": ["x", ["y": "z"]]])
        let line = try line()
        #expect(line["msg"]?.string == "a\n\"b\"\u{0}")
        #expect(line["k\n"]?.string == "v\r\n\u{2028}\\")
        #expect(line["é"]?.description == #"["x",{"y":"z"}]"#)
    }

    @Test("flatten nested metadata, and never have a member twice")
    func flattening() throws {
        logger().info(
            "m",
            metadata: [
                "request": ["id": "r1", "from": ["port": .stringConvertible(80)]], "request.id": "r2", "level": "x",
                "msg": "y",
            ]
        )
        let line = try line()
        #expect(line["request.from.port"]?.integer == 80)
        #expect(line["request.id"]?.string == "r1")
        #expect(line["meta.request.id"]?.string == "r2")
        #expect(line["level"]?.string == "info")
        #expect(line["meta.level"]?.string == "x")
        #expect(line["meta.msg"]?.string == "y")
    }

    @Test("merge the logger's metadata, the provider's and the call's, the nearest winning")
    func merging() throws {
        var logger = logger(provider: .init { ["b": "provider", "c": "provider"] })
        logger[metadataKey: "a"] = "logger"
        logger[metadataKey: "b"] = "logger"
        logger.info("m", metadata: ["c": "call"])
        let line = try line()
        #expect(["a", "b", "c"].map { line[$0]?.string } == ["logger", "provider", "call"])
    }

    @Test("are left out below the level, which can be changed")
    func level() {
        var logger = logger()
        logger.debug("no")
        #expect(recorder.lines.isEmpty)
        logger.logLevel = .debug
        logger.debug("yes")
        #expect(recorder.lines.count == 1)
    }

    @Test("carry the error that was logged")
    func error() throws {
        struct Broken: Error {}
        logger().error("failed", error: Broken())
        #expect(try line()["error"]?.string == "Broken()")
    }

    @Test("of several threads never mix")
    func threads() async throws {
        let pipe = Pipe()
        let descriptor = pipe.fileHandleForWriting.fileDescriptor
        let shared = Logger(label: "t") { JSONLogHandler(label: $0, stream: LogStream(descriptor: descriptor)) }
        let reader = Task { [handle = pipe.fileHandleForReading] in try handle.readToEnd() }
        await withTaskGroup { group in
            for task in 0..<4 {
                group.addTask {
                    for number in 0..<200 {
                        shared.info("\(String(repeating: "x", count: 700))", metadata: ["n": "\(task).\(number)"])
                    }
                }
            }
        }
        try pipe.fileHandleForWriting.close()
        let text = String(decoding: try await reader.value ?? Data(), as: UTF8.self)
        let lines = text.split(separator: "\n")
        #expect(lines.count == 800)
        for line in lines { try JSONScanner.validate(Array(line.utf8)) }
    }

    @Test(
        "tell the time as RFC 3339",
        arguments: [
            (0, "1970-01-01T00:00:00.007Z"), (951_782_399, "2000-02-28T23:59:59.007Z"),
            (951_782_400, "2000-02-29T00:00:00.007Z"),
            (1_709_164_800, "2024-02-29T00:00:00.007Z"), (4_102_444_799, "2099-12-31T23:59:59.007Z"),
            (4_107_542_400, "2100-03-01T00:00:00.007Z"),
        ]
    )
    func time(_ seconds: Int64, _ expected: String) {
        var line: [UInt8] = []
        LogTimestamp(seconds: seconds, milliseconds: 7).write(into: &line)
        #expect(String(decoding: line, as: UTF8.self) == expected)
    }

    @Test("for people cannot drive their terminal")
    func console() {
        let handler = ConsoleLogHandler(label: "gatecast", stream: recorder.stream)
        let logger = Logger(label: "gatecast") { _ in handler }
        logger.notice("one\ntwo \u{1B}[31m", metadata: ["k": "v"])
        #expect(recorder.lines.count == 1)
        #expect(recorder.lines[0].hasSuffix(#" notice gatecast: one\ntwo ?[31m k=v"# + "\n"))
    }
}

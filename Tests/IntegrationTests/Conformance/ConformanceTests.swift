// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation
internal import Testing

/// RFC 6455 in full, against `live-echo` as a process: the handler of `/live` answering each message with itself.
@Suite("WebSocket conformance")
struct ConformanceTests {
    private func run(_ cases: some Sequence<ConformanceCase>, _ arguments: [String] = []) async throws {
        let folder = try ScratchFolder()
        let echo = try ProductProcess("live-echo", ["--listen", "127.0.0.1:0"] + arguments, in: folder.path)
        let port = try await echo.port(of: "echo")
        for part in cases {
            do { try await part.run(port: port) } catch { Issue.record("\(part.id): \(error)") }
        }
        #expect(await echo.end() == 0)
    }

    @Test("Messages of every length form come back, text and binary", .timeLimit(.minutes(5)))
    func messages() async throws { try await run(FramingCases.messages) }

    @Test("Pings are answered in order with their payload, pongs pass", .timeLimit(.minutes(5)))
    func controls() async throws { try await run(FramingCases.controls) }

    @Test("Reserved bits and opcodes are 1002, after what came before them was answered", .timeLimit(.minutes(5)))
    func reserved() async throws { try await run(FramingCases.reserved + FramingCases.opcodes) }

    @Test("Fragments make one message, control frames pass between them, disorder is 1002", .timeLimit(.minutes(5)))
    func fragments() async throws { try await run(FramingCases.fragments) }

    @Test("Text is UTF-8, and a wrong byte is 1007 at once", .timeLimit(.minutes(5)))
    func text() async throws { try await run(TextCases.whole + TextCases.early) }

    @Test("Closes are echoed, nothing follows them, bad ones are 1002 or 1007", .timeLimit(.minutes(5)))
    func closing() async throws { try await run(ClosingCases.order + ClosingCases.payloads + ClosingCases.codes) }

    @Test("Long and fragmented messages come back whole", .timeLimit(.minutes(5)))
    func volume() async throws {
        for cases in [VolumeCases.long, VolumeCases.fragmented, VolumeCases.chopped, VolumeCases.uneven] {
            try await run(cases())
        }
    }

    @Test("Thousands of messages behind one another come back in order", .timeLimit(.minutes(5)))
    func many() async throws { try await run(VolumeCases.many()) }

    @Test("A message of the cap passes, one octet more is 4009", .timeLimit(.minutes(5)))
    func cap() async throws {
        let (whole, half) = (FramingCases.bytes(1000), FramingCases.bytes(501))
        let fragments = ClientFrame.make(1, half, isFinal: false) + ClientFrame.make(0, Array(half.dropLast()))
        try await run(
            [
                ConformanceCase("at the cap", [ClientFrame.make(1, whole)], [.text(whole)]),
                ConformanceCase("above it", [ClientFrame.make(1, whole + [0x61])], [.close(4009)]),
                ConformanceCase("above it in fragments", [fragments], [.close(4009)]),
            ],
            ["--max-message", "1000"]
        )
    }

    @Test("A handshake that is none is refused with a plain status", .timeLimit(.minutes(5)))
    func handshake() async throws {
        let folder = try ScratchFolder()
        let echo = try ProductProcess("live-echo", ["--listen", "127.0.0.1:0"], in: folder.path)
        let port = try await echo.port(of: "echo")
        let good = [
            "GET /x HTTP/1.1", "Host: localhost", "Upgrade: websocket", "Connection: keep-alive, Upgrade",
            "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        ]
        func answer(_ line: Int?, _ text: String = "") async -> String {
            var lines = good
            if let line { lines[line] = text }
            let head = lines.filter { !$0.isEmpty }.joined(separator: "\r\n") + "\r\n\r\n"
            do {
                let client = try await EchoClient.open(port: port, head: head)
                await client.close()
                return "101"
            } catch {
                return String("\(error)".dropFirst("HTTP/1.1 ".count).prefix(3))
            }
        }
        #expect(await answer(nil) == "101")
        #expect(await answer(4, "Sec-WebSocket-Version: 8") == "426")
        #expect(await answer(4) == "426")
        #expect(await answer(5, "Sec-WebSocket-Key: c2hvcnQ=") == "400")
        #expect(await answer(5) == "400")
        #expect(await answer(2) == "400")
        #expect(await answer(3) == "400")
        #expect(await answer(0, "POST /x HTTP/1.1") == "400")
        #expect(await answer(1) == "400")
        #expect(await echo.end() == 0)
    }
}

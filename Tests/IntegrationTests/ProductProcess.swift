// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation
internal import StrictJSON
internal import Synchronization
internal import TestSupport

/// One of the built executables, started as a user would, its log read line by line, ended by its own pid.
final class ProductProcess: Sendable {
    private let process: Process
    private let log = Mutex<[String]>([])
    private let lines: AsyncStream<String>
    /// Once it was waited for; its pid may then be another process's.
    private let exit = Mutex<Int32?>(nil)
    let standardOutput: Pipe

    /// Executables lie beside the test bundle that runs this code.
    static let folder: String = {
        let bundle = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        return (bundle as NSString).deletingLastPathComponent
    }()

    /// - Parameter environment: the whole environment, but for `PATH`.
    init(_ name: String, _ arguments: [String] = [], environment: [String: String] = [:], in directory: String) throws {
        process = Process()
        process.executableURL = URL(fileURLWithPath: "\(Self.folder)/\(name)")
        process.arguments = arguments
        process.currentDirectoryURL = URL(fileURLWithPath: directory)
        process.environment = ["PATH": "/usr/bin:/bin"].merging(environment) { $1 }
        let errors = Pipe()
        standardOutput = Pipe()
        process.standardError = errors
        process.standardOutput = standardOutput
        process.standardInput = FileHandle.nullDevice

        let (lines, continuation) = AsyncStream<String>.makeStream()
        self.lines = lines
        let pending = Mutex<[UInt8]>([])
        errors.fileHandleForReading.readabilityHandler = { handle in
            let data = handle.availableData
            guard !data.isEmpty else {
                handle.readabilityHandler = nil
                return continuation.finish()
            }
            let complete = pending.withLock { rest -> [String] in
                rest += data
                var found: [String] = []
                while let end = rest.firstIndex(of: 0x0A) {
                    found.append(String(decoding: rest[..<end], as: UTF8.self))
                    rest.removeSubrange(...end)
                }
                return found
            }
            for line in complete { continuation.yield(line) }
        }
        try process.run()
    }

    var pid: Int32 { process.processIdentifier }
    /// Everything read so far, for messages of failed tests and for the search for secrets.
    var logText: String { log.withLock { $0.joined(separator: "\n") } }

    /// The port of the named listener, once its `listening` line came.
    func port(of listener: String) async throws -> Int {
        try await wait("listening line of \(listener)") { record in
            guard record["msg"]?.string == "listening", record["listener"]?.string == listener else { return nil }
            return record["address"]?.string.flatMap { Int($0.split(separator: ":").last ?? "") }
        }
    }

    /// Reads on until a JSON log line satisfies `match`; lines read before are looked at too.
    func wait<T>(_ what: String, for match: (JSONValue) -> T?) async throws -> T {
        for line in log.withLock({ $0 }) {
            if let found = Self.parse(line).flatMap(match) { return found }
        }
        for await line in lines {
            log.withLock { $0.append(line) }
            if let found = Self.parse(line).flatMap(match) { return found }
        }
        throw Missing(what: what, log: logText)
    }

    /// Sends a signal, reads the rest of the log, and returns the exit code. A process that has not ended after a minute is
    /// killed, so that its test fails with a code and a log instead of its time limit.
    @discardableResult
    func end(_ signal: Int32 = SIGTERM) async -> Int32 {
        if let code = exit.withLock({ $0 }) { return code }
        kill(pid, signal)
        let watchdog = Task { [pid] in
            try await Task.sleep(for: .seconds(60))
            kill(pid, SIGKILL)
        }
        for await line in lines { log.withLock { $0.append(line) } }
        let code = await ChildExit.code(of: process)
        watchdog.cancel()
        exit.withLock { $0 = code }
        return code
    }

    private static func parse(_ line: String) -> JSONValue? {
        try? JSONScanner.parse(Array(line.utf8))  // other lines are for people
    }

    struct Missing: Error, CustomStringConvertible {
        var what: String
        var log: String
        var description: String { "the process ended without: \(what)\n\(log)" }
    }

    deinit {
        guard exit.withLock({ $0 == nil }) else { return }
        kill(process.processIdentifier, SIGKILL)
        _ = ChildExit.blockingCode(of: process)
    }
}

/// A folder of a test's own, removed with it.
final class ScratchFolder: Sendable {
    let path: String

    init() throws {
        path = "\(NSTemporaryDirectory())gatecast-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    func write(_ name: String, _ text: String) throws {
        try text.write(toFile: "\(path)/\(name)", atomically: true, encoding: .utf8)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }  // a leftover in the temporary folder harms nobody
}

// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation
internal import StrictJSON
internal import Synchronization
internal import TestSupport

/// One of the built executables, started as a user would, its log read line by line, ended by its own pid.
final class ProductProcess: Sendable {
    private let process: ChildProcess
    private let log = Mutex<[String]>([])
    private let lines: AsyncStream<String>

    /// Executables lie beside the test bundle that runs this code.
    static let folder: String = {
        let bundle = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        return (bundle as NSString).deletingLastPathComponent
    }()

    /// - Parameter environment: the whole environment, but for `PATH`.
    convenience init(
        _ name: String,
        _ arguments: [String] = [],
        environment: [String: String] = [:],
        in directory: String
    ) throws {
        try self.init(executable: "\(Self.folder)/\(name)", arguments, environment: environment, in: directory)
    }

    /// Anything that becomes one of them, by its path.
    init(executable: String, _ arguments: [String], environment: [String: String], in directory: String) throws {
        let errors = try ChildPipe()
        defer { errors.closeWriteEnd() }
        process = try ChildProcess(
            executable,
            arguments,
            environment: environment,
            in: directory,
            streams: .init(input: nil, output: nil, errors: errors.writeEnd)
        )
        lines = errors.lines()
    }

    var pid: Int32 { process.pid }

    func signal(_ number: Int32) { process.signal(number) }

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
            TokenSearch.check(log: line)
            if let found = Self.parse(line).flatMap(match) { return found }
        }
        throw Missing(what: what, log: logText)
    }

    /// Sends a signal, reads the rest of the log, and returns the exit code. A process that has not ended after a minute is
    /// killed, so that its test fails with a code and a log instead of its time limit.
    @discardableResult
    func end(_ signal: Int32 = SIGTERM) async -> Int32 {
        process.signal(signal)
        return await ended()
    }

    /// The exit code once it has ended by itself.
    func ended() async -> Int32 {
        let watchdog = Task { [process] in
            try await Task.sleep(for: .seconds(60))
            process.signal(SIGKILL)
        }
        defer { watchdog.cancel() }
        for await line in lines {
            log.withLock { $0.append(line) }
            TokenSearch.check(log: line)
        }
        return await process.wait()
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
        process.signal(SIGKILL)
        process.waitBlocking()
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

// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation

/// A redis-sentinel of the test's own, which watches one master. Killed at the end of `with`.
package final class SentinelProcess: Sendable {
    package let port: Int
    private let directory: String
    private let process: ChildProcess

    /// - Parameters:
    ///   - master: port of the master on loopback; its replicas are found by asking it.
    ///   - password: of the Sentinel itself.
    package static func with<T>(
        watching master: Int,
        as name: String,
        password: String? = nil,
        _ body: (SentinelProcess) async throws -> T
    ) async throws -> T {
        let sentinel = try await SentinelProcess(watching: master, as: name, password: password)
        defer { sentinel.stop() }
        return try await body(sentinel)
    }

    private init(watching master: Int, as name: String, password: String?) async throws {
        port = try FreePort.find()
        directory = FileManager.default.temporaryDirectory.path + "/gatecast-sentinel-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        let lines = [
            "port \(port)", "bind 127.0.0.1", "dir \(directory)", "logfile \"\"",
            "sentinel monitor \(name) 127.0.0.1 \(master) 1", "sentinel down-after-milliseconds \(name) 500",
            "sentinel failover-timeout \(name) 4000",
        ]
        // It writes what it learns into this file.
        let file = "\(directory)/sentinel.conf"
        let text = (lines + (password.map { ["requirepass \"\($0)\""] } ?? [])).joined(separator: "\n") + "\n"
        try text.write(toFile: file, atomically: true, encoding: .utf8)
        let output = try ChildPipe()
        process = try ChildProcess(
            RedisProcess.executable,
            [file, "--sentinel"],
            in: directory,
            streams: .init(input: nil, output: output.writeEnd, errors: output.writeEnd)
        )
        output.closeWriteEnd()
        for await line in output.lines() where line.contains("+monitor master") { return }
        stop()
        throw RedisProcess.Failure(description: "redis-sentinel ended")
    }

    package func stop() {
        process.signal(SIGKILL)
        process.waitBlocking()
        // A temporary directory that stays behind harms nobody.
        try? FileManager.default.removeItem(atPath: directory)
    }
}

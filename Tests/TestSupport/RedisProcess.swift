// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation
internal import NIOCore
internal import NIOPosix
package import Redis
internal import Settings
internal import Synchronization

/// A redis-server of the test's own: loopback, its own port and directory, nothing stored unless asked. Killed at the end of
/// `with`, and when the value goes away.
package final class RedisProcess: Sendable {
    package static let executable = "/usr/bin/redis-server"

    package static var isAvailable: Bool { FileManager.default.isExecutableFile(atPath: executable) }

    package struct Options: Sendable {
        /// For the default user, or for `username`.
        package var password: String?
        /// An ACL user with all rights; the default user is then switched off.
        package var username: String?
        /// Appends to a file, so that data survive `restart`.
        package var persistent = false
        /// More lines of redis.conf.
        package var extra: [String] = []

        package init() {}
    }

    package let port: Int
    private let directory: String
    private let options: Options
    private let process: Mutex<ChildProcess?>

    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    private init(port: Int, directory: String, options: Options) {
        self.port = port
        self.directory = directory
        self.options = options
        self.process = Mutex(nil)
    }

    deinit {
        stop()
        // A temporary directory that stays behind harms nobody.
        try? FileManager.default.removeItem(atPath: directory)
    }

    /// Starts a server, runs the body, and kills the server however the body ends.
    package static func with<T>(
        _ options: Options = Options(),
        _ body: (RedisProcess) async throws -> T
    ) async throws -> T {
        let server = try await start(options)
        defer { server.stop() }
        return try await body(server)
    }

    /// Returns once it answers PING. Another process may take the port between finding and binding it: then the next one.
    package static func start(_ options: Options = Options()) async throws -> RedisProcess {
        var last: any Error = Failure(description: "redis-server was not started")
        for _ in 0..<5 {
            // Its own for each try: it goes when the server does.
            let directory = FileManager.default.temporaryDirectory.path + "/gatecast-redis-" + UUID().uuidString
            try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
            let server = RedisProcess(port: try FreePort.find(), directory: directory, options: options)
            do {
                try await server.launch()
                return server
            } catch {
                last = error
            }
        }
        throw last
    }

    package var url: String {
        let user = options.username ?? ""
        let credentials = options.password.map { "\(user):\($0)@" } ?? ""
        return "redis://\(credentials)127.0.0.1:\(port)/0"
    }

    package var settings: RedisSettings {
        RedisSettings(
            port: port,
            username: options.username,
            password: options.password.map { Secret($0) }
        )
    }

    package var isRunning: Bool { process.withLock { $0?.isRunning ?? false } }

    /// Kills it at once (SIGKILL), as a crash would. Connections break.
    package func stop() {
        let running = process.withLock { process -> ChildProcess? in
            defer { process = nil }
            return process
        }
        guard let running else { return }
        // A stopped process dies by SIGKILL too.
        running.signal(SIGKILL)
        running.waitBlocking()
    }

    /// The same port and, with `persistent`, the same data. Its run_id is new.
    package func restart() async throws {
        stop()
        try await launch()
    }

    /// Freezes it (SIGSTOP): connections stay open and nothing answers.
    package func pause() { signal(SIGSTOP) }

    package func resume() { signal(SIGCONT) }

    private func signal(_ number: Int32) {
        process.withLock { $0?.signal(number) }
    }

    private func launch() async throws {
        let (input, output) = (try ChildPipe(), try ChildPipe())
        let server = try ChildProcess(
            Self.executable,
            ["-"],
            in: directory,
            streams: .init(input: input.readEnd, output: output.writeEnd, errors: output.writeEnd)
        )
        input.closeReadEnd()
        output.closeWriteEnd()
        process.withLock { $0 = server }
        input.send(configuration)
        do {
            try await Self.waitUntilReady(output.lines())
            try await ping()
        } catch {
            stop()
            throw error
        }
    }

    private var configuration: String {
        var lines = [
            "bind 127.0.0.1", "port \(port)", "dir \(directory)", "daemonize no", "save \"\"", "logfile \"\"",
            "appendonly \(options.persistent ? "yes" : "no")", "appendfsync always", "loglevel notice",
        ]
        if let password = options.password {
            if let username = options.username {
                lines.append("user default off")
                lines.append("user \(username) on >\(password) ~* &* +@all")
            } else {
                lines.append("requirepass \(password)")
            }
        }
        return (lines + options.extra).joined(separator: "\n") + "\n"
    }

    /// Redis says so in its log; the log's end instead means that it gave up.
    private static func waitUntilReady(_ log: AsyncStream<String>) async throws {
        var seen: [String] = []
        for await line in log {
            if line.contains("Ready to accept connections") { return }
            seen.append(line)
        }
        throw Failure(description: "redis-server ended: \(seen.joined(separator: "\n"))")
    }

    private func ping() async throws {
        do throws(RedisError) {
            let connection = try await RedisConnection.connect(
                settings: settings,
                on: MultiThreadedEventLoopGroup.singleton.next()
            )
            defer { connection.close() }
            _ = try await connection.send(["PING"])
        } catch {
            // A replica is alive too; that our client refuses it is what such a test is about.
            guard error.code == .notMaster else { throw error }
        }
    }
}

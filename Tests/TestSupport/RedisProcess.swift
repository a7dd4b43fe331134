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
    private let process: Mutex<Process?>

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
        let running = process.withLock { process -> Process? in
            defer { process = nil }
            return process
        }
        guard let running, running.isRunning else { return }
        // A stopped process dies by SIGKILL too.
        kill(running.processIdentifier, SIGKILL)
        _ = ChildExit.blockingCode(of: running)
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
        process.withLock { process in
            if let process, process.isRunning { _ = kill(process.processIdentifier, number) }
        }
    }

    private func launch() async throws {
        let server = Process()
        server.executableURL = URL(fileURLWithPath: Self.executable)
        server.arguments = ["-"]
        let (input, output) = (Pipe(), Pipe())
        server.standardInput = input
        server.standardOutput = output
        server.standardError = output
        try server.run()
        try input.fileHandleForWriting.write(contentsOf: Data(configuration.utf8))
        try input.fileHandleForWriting.close()
        process.withLock { $0 = server }
        do {
            try await Self.waitUntilReady(output.fileHandleForReading)
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

    /// Redis says so in its log; end of file instead means that it gave up. The log is read on, or its pipe would fill.
    private static func waitUntilReady(_ log: FileHandle) async throws {
        let seen = Mutex("")
        let waiter = Mutex<CheckedContinuation<Bool, Never>?>(nil)
        let isReady = await withCheckedContinuation { continuation in
            waiter.withLock { $0 = continuation }
            log.readabilityHandler = { handle in
                let data = handle.availableData
                let text = seen.withLock { text in
                    if text.utf8.count < 64 << 10 { text += String(decoding: data, as: UTF8.self) }
                    return text
                }
                let isReady = text.contains("Ready to accept connections")
                if data.isEmpty { handle.readabilityHandler = nil }
                guard isReady || data.isEmpty else { return }
                let continuation = waiter.withLock { waiter in
                    defer { waiter = nil }
                    return waiter
                }
                continuation?.resume(returning: isReady)
            }
        }
        guard isReady else { throw Failure(description: "redis-server ended: \(seen.withLock { $0 })") }
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

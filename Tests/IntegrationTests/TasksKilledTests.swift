// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation
internal import Logging
internal import NIOPosix
internal import Redis
internal import Settings
internal import StrictJSON
internal import Synchronization
internal import TestSupport
internal import Testing
internal import Tokens

/// tasks-service as a process, killed without warning: what it acknowledged is there and is told.
@Suite("The tasks service is killed", .enabled(if: RedisProcess.isAvailable), .timeLimit(.minutes(5)))
struct TasksKilledTests {
    private static let secret = "Zk3v9Qw1Xy7Lp0Rt5Nm8Bc2Hd6Js4Fg1"

    private struct Bench {
        let folder: ScratchFolder
        let redisURL: String
        let token: String

        func start(_ more: [String: String] = [:]) throws -> ProductProcess {
            let environment = [
                "LISTEN": "127.0.0.1:0", "DATA": "\(folder.path)/data", "REDIS_URL": redisURL,
                "JWT_SECRET": TasksKilledTests.secret,
            ]
            return try ProductProcess("tasks-service", environment: environment.merging(more) { $1 }, in: folder.path)
        }

        /// Creates and completes tasks until the process is gone; what was acknowledged, by the task's id.
        func work(_ port: Int, until enough: Int, then act: @escaping @Sendable () -> Void) async -> [String: Bool] {
            let acknowledged = Acknowledged()
            await withTaskGroup { group in
                for _ in 0..<4 {
                    group.addTask {
                        // Ends with the process: then nobody answers any more.
                        while let id = try? await create(port), acknowledged.created(id) < 1000 {
                            guard (try? await complete(id, port)) == true else { return }
                            acknowledged.completed(id)
                        }
                    }
                }
                group.addTask {
                    while acknowledged.count < enough { await Task.yield() }
                    act()
                }
            }
            return acknowledged.all
        }

        private func create(_ port: Int) async throws -> String? {
            let answer = try await PlainHTTP.send(
                "POST",
                port: port,
                "/api/tasks/",
                json: #"{"title":"a"}"#,
                bearer: token
            )
            return answer.status == 201 ? answer.json?["id"]?.string : nil
        }

        private func complete(_ id: String, _ port: Int) async throws -> Bool {
            let answer = try await PlainHTTP.send(
                "PATCH",
                port: port,
                "/api/tasks/\(id)",
                json: #"{"state":"done"}"#,
                bearer: token,
                ifMatch: #""1""#
            )
            return answer.status == 200
        }
    }

    private final class Acknowledged: Sendable {
        private let tasks = Mutex<[String: Bool]>([:])
        var all: [String: Bool] { tasks.withLock { $0 } }
        var count: Int { tasks.withLock { $0.count } }
        func created(_ id: String) -> Int {
            tasks.withLock { tasks in
                tasks[id] = false
                return tasks.count
            }
        }
        func completed(_ id: String) { tasks.withLock { $0[id] = true } }
    }

    @Test("Twice by SIGKILL, with Redis down and up: every acknowledged change is told, in the order of its task")
    func killed() async throws {
        var options = RedisProcess.Options()
        options.persistent = true
        let redis = try await RedisProcess.start(options)
        defer { redis.stop() }
        redis.stop()
        let token = try TokenIssuer(
            issuer: "https://localhost:8443",
            audience: ["gatecast"],
            secret: Secret(Self.secret)
        )
        .issue(subject: "ana", lifetime: .seconds(600), now: Int64(Date().timeIntervalSince1970))
        let bench = Bench(folder: try ScratchFolder(), redisURL: redis.url, token: token)

        let first = try bench.start()
        let port = try await first.port(of: "tasks")
        let acknowledged = await bench.work(port, until: 40) { first.signal(SIGKILL) }
        #expect(await first.ended() != 0)
        #expect(acknowledged.count >= 40)

        try await redis.restart()
        let client = try RedisClient(
            settings: redis.settings,
            group: MultiThreadedEventLoopGroup.singleton,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
        let running = Task { try await client.run() }
        defer { running.cancel() }
        try await client.waitUntilConnected()
        let second = try bench.start()
        try await eventually { try await client.send("XLEN", "gatecast:events").integer ?? 0 > 0 }
        await second.end(SIGKILL)

        let third = try bench.start()
        _ = try await third.port(of: "tasks")
        try await eventually {
            let told = try await self.told(client)
            return acknowledged.allSatisfy {
                told[$0.key]?.contains("task.created") == true
                    && (!$0.value || told[$0.key]?.contains("task.completed") == true)
            }
        }
        for (id, types) in try await told(client) {
            #expect(types.first == "task.created", "\(id)")
            #expect(Set(types).count == types.count, "\(id): \(types)")
        }
        #expect(await third.end() == 0)
    }

    /// Types of the events of each task, in order, repetitions by the same event id left out.
    private func told(_ client: RedisClient) async throws -> [String: [String]] {
        let entries = try await client.send("XRANGE", "gatecast:events", "-", "+").array ?? []
        var told: [String: [String]] = [:]
        var seen: Set<String> = []
        for entry in entries {
            guard let bytes = entry.array?.last?.array?.last?.bytes else { continue }
            let event = try JSONScanner.parse(bytes)
            guard let id = event["id"]?.string, seen.insert(id).inserted else { continue }
            told[event["subject"]?.string ?? "", default: []].append(event["type"]?.string ?? "")
        }
        return told
    }

    @Test("A damaged store ends the start with exit code 1 and a sentence that says what to do")
    func damaged() async throws {
        let bench = Bench(folder: try ScratchFolder(), redisURL: "redis://127.0.0.1:1", token: "")
        try FileManager.default.createDirectory(atPath: "\(bench.folder.path)/data", withIntermediateDirectories: true)
        try bench.folder.write("data/tasks.sqlite", String(repeating: "no database ", count: 1000))
        let process = try bench.start()
        #expect(await process.ended() == 1)
        #expect(process.logText.contains("not a sound SQLite database"))
        #expect(process.logText.contains("restore a backup"))
    }

    @Test(
        "Wrong settings of its own end with 78 and the key's name",
        arguments: [
            ["REMIND_BEFORE": "8d"], ["KEEP_DELETED": "1m"], ["CACHE": "disk"],
        ]
    )
    func settings(_ wrong: [String: String]) async throws {
        let bench = Bench(folder: try ScratchFolder(), redisURL: "redis://127.0.0.1:1", token: "")
        let process = try bench.start(wrong)
        #expect(await process.ended() == 78)
        #expect(process.logText.contains(wrong.keys.first ?? "?"))
    }

    @Test("jobs list works beside the service and names the recurring clean-up")
    func jobs() async throws {
        let bench = Bench(folder: try ScratchFolder(), redisURL: "redis://127.0.0.1:1", token: "")
        let process = try bench.start()
        _ = try await process.port(of: "tasks")
        let environment = ["DATA": "\(bench.folder.path)/data"]
        try await eventually {
            let run = try await CommandRun.run(
                "tasks-service",
                ["jobs", "list"],
                environment: environment,
                in: bench.folder.path
            )
            return run.code == 0 && run.output.contains("waiting  tasks.clean-up  schedule")
        }
        let unknown = try await CommandRun.run(
            "tasks-service",
            ["jobs", "cancel", "999"],
            environment: environment,
            in: bench.folder.path
        )
        #expect(unknown.code == 1)
        #expect(unknown.errors.contains("There is no job 999"))
        #expect(await process.end() == 0)
    }
}

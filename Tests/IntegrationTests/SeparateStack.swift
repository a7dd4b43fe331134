// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation
internal import TestSupport

/// Gateway and three services, each a process with its own settings and store, against one real redis-server.
final class SeparateStack: Sendable {
    let folder: ScratchFolder
    let redis: RedisProcess
    let gateway: ProductProcess
    let publicPort: Int
    let adminPort: Int
    /// Of the services themselves, past the gateway.
    let usersPort: Int
    let tasksPort: Int
    /// Users, tasks, notifications.
    let services: [ProductProcess]
    private let configuration: ConfigurationFile

    private init(
        folder: ScratchFolder,
        redis: RedisProcess,
        gateway: ProductProcess,
        publicPort: Int,
        adminPort: Int,
        usersPort: Int,
        tasksPort: Int,
        services: [ProductProcess],
        configuration: ConfigurationFile
    ) {
        self.folder = folder
        self.redis = redis
        self.gateway = gateway
        self.publicPort = publicPort
        self.adminPort = adminPort
        self.usersPort = usersPort
        self.tasksPort = tasksPort
        self.services = services
        self.configuration = configuration
    }

    /// - Parameters:
    ///   - server: a Redis of the caller's, which may be down; nil starts one.
    ///   - collector: where all of them send their spans.
    ///   - mail: `MAIL` of the users service.
    static func start(
        redis server: RedisProcess? = nil,
        collector: String? = nil,
        mail: String = "log"
    ) async throws -> SeparateStack {
        let sight = collector.map { ["OTEL_EXPORTER_OTLP_ENDPOINT": $0] } ?? [:]
        let folder = try ScratchFolder()
        let certificates = try await CommandRun.run("gatecast", ["certs", "--directory", "certs"], in: folder.path)
        guard certificates.code == 0 else { throw Failed(text: certificates.errors) }
        let redis: RedisProcess
        if let server { redis = server } else { redis = try await RedisProcess.start() }
        let url = redis.url

        let users = try service("users", in: folder, redisURL: url, more: sight.merging(["MAIL": mail]) { $1 })
        let usersPort = try await users.port(of: "users")
        let jwks = ["JWKS_URL": "http://127.0.0.1:\(usersPort)/.well-known/jwks.json"].merging(sight) { $1 }
        let tasks = try service("tasks", in: folder, redisURL: url, more: jwks)
        let notifications = try service("notifications", in: folder, redisURL: url, more: jwks)
        let tasksPort = try await tasks.port(of: "tasks")
        let configuration = ConfigurationFile(
            certificates: "\(folder.path)/certs",
            redisURL: url,
            users: usersPort,
            tasks: tasksPort,
            notifications: try await notifications.port(of: "notifications")
        )
        try folder.write("gatecast.yaml", configuration.text)
        let gateway = try ProductProcess(
            "gatecast",
            ["serve", "--config", "gatecast.yaml"],
            environment: configuration.environment.merging(sight) { $1 },
            in: folder.path
        )
        let publicPort = try await gateway.port(of: "public")
        let adminPort = try await gateway.port(of: "admin")
        // Tools that read the configuration need the admin listener's real port.
        let text = configuration.text.replacing("admin: \"127.0.0.1:0\"", with: "admin: \"127.0.0.1:\(adminPort)\"")
        try folder.write("gatecast.yaml", text)
        return SeparateStack(
            folder: folder,
            redis: redis,
            gateway: gateway,
            publicPort: publicPort,
            adminPort: adminPort,
            usersPort: usersPort,
            tasksPort: tasksPort,
            services: [users, tasks, notifications],
            configuration: configuration
        )
    }

    private static func service(
        _ name: String,
        in folder: ScratchFolder,
        redisURL: String,
        more: [String: String] = [:]
    ) throws -> ProductProcess {
        let environment = [
            "LISTEN": "127.0.0.1:0", "DATA": "\(folder.path)/\(name)", "REDIS_URL": redisURL,
            "ISSUER": "https://localhost:8443", "AUDIENCE": "gatecast",
        ]
        return try ProductProcess("\(name)-service", environment: environment.merging(more) { $1 }, in: folder.path)
    }

    var adminEnvironment: [String: String] { ["GATECAST_ADMIN_TOKEN": ConfigurationFile.adminToken] }
    var logs: String { ([gateway] + services).map(\.logText).joined(separator: "\n") }

    /// One more gateway of the same configuration, on ports of its own.
    func anotherGateway() async throws -> (process: ProductProcess, publicPort: Int) {
        try folder.write("another.yaml", configuration.text)
        let process = try ProductProcess(
            "gatecast",
            ["serve", "--config", "another.yaml"],
            environment: configuration.environment,
            in: folder.path
        )
        return (process, try await process.port(of: "public"))
    }

    func browser(port: Int? = nil, cookies: [String: String] = [:]) -> Browser {
        Browser(
            port: port ?? publicPort,
            authority: "localhost:8443",
            caPath: "\(folder.path)/certs/ca.pem",
            cookies: cookies
        )
    }

    func redisCLI(_ arguments: String...) async throws {
        let run = try await CommandRun.run("/usr/bin/redis-cli", ["-p", "\(redis.port)"] + arguments, in: folder.path)
        guard run.code == 0, !run.output.contains("ERR") else { throw Failed(text: run.output + run.errors) }
    }

    /// Ends gateway first, then the services; their exit codes.
    func end() async -> [Int32] {
        var codes = [await gateway.end()]
        for service in services { codes.append(await service.end()) }
        redis.stop()
        return codes
    }

    struct Failed: Error { var text: String }
}

// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation
internal import TestSupport

/// Several gateway processes over one redis-server, in front of one back end that logs in and serves `/api/`.
final class GatewayFleet: Sendable {
    struct Node: Sendable {
        let process: ProductProcess
        let publicPort: Int
        let internalPort: Int
        let adminPort: Int
    }

    static let authority = "localhost:8443"

    let folder: ScratchFolder
    let redis: RedisProcess
    let nodes: [Node]

    /// - Parameters:
    ///   - login: the rest of `sessions:` after the key, such as `login: simplejwt`.
    ///   - more: whole lines of `gatecast.yaml`.
    static func start(
        _ count: Int,
        backend: Int,
        login: String = "login: gatecast",
        web: Int? = nil,
        more: String = ""
    ) async throws -> GatewayFleet {
        let folder = try ScratchFolder()
        let certificates = try await CommandRun.run("gatecast", ["certs", "--directory", "certs"], in: folder.path)
        guard certificates.code == 0 else { throw ChildProcess.Failure(description: certificates.errors) }
        let redis = try await RedisProcess.start()
        let page = web.map { _ in "  - { prefix: /, upstream: web, auth: optional, session: pass }" } ?? ""
        try folder.write(
            "gatecast.yaml",
            """
            listen:    { public: "127.0.0.1:0", internal: "127.0.0.1:0", admin: "127.0.0.1:0" }
            origins:   ["https://\(authority)"]
            tls:       { certificate: certs/localhost.pem, key: certs/localhost-key.pem }
            redis:     { url: "\(redis.url)" }
            admin:     { token: "\(ConfigurationFile.adminToken)" }
            sessions:  { upstream: backend, key: "\(ConfigurationFile.sessionKey)", \(login) }
            upstreams: { backend: ["127.0.0.1:\(backend)"], web: ["127.0.0.1:\(web ?? backend)"] }
            routes:
              - { prefix: /api/, upstream: backend, auth: required }
            \(page)
            drain:     { notReady: 0s }
            \(more)

            """
        )
        var nodes: [Node] = []
        for _ in 0..<count {
            let process = try ProductProcess("gatecast", ["serve", "--config", "gatecast.yaml"], in: folder.path)
            nodes.append(
                Node(
                    process: process,
                    publicPort: try await process.port(of: "public"),
                    internalPort: try await process.port(of: "internal"),
                    adminPort: try await process.port(of: "admin")
                )
            )
        }
        return GatewayFleet(folder: folder, redis: redis, nodes: nodes)
    }

    private init(folder: ScratchFolder, redis: RedisProcess, nodes: [Node]) {
        self.folder = folder
        self.redis = redis
        self.nodes = nodes
    }

    var caPath: String { "\(folder.path)/certs/ca.pem" }
    var logs: String { nodes.map(\.process.logText).joined(separator: "\n") }

    func browser(_ node: Int = 0, cookies: [String: String] = [:]) -> Browser {
        Browser(port: nodes[node].publicPort, authority: Self.authority, caPath: caPath, cookies: cookies)
    }

    /// Logs in through the first node; the browser keeps the cookies.
    func login(password: String = "pw", name: String = "ana") async throws -> Browser {
        let browser = browser()
        let answer = try await browser.send(
            "POST",
            "/auth/login",
            json: #"{"username":"\#(name)","password":"\#(password)"}"#
        )
        guard answer.status == 200 else {
            throw ChildProcess.Failure(description: "login answered \(answer.status) \(answer.body)\n\(logs)")
        }
        return browser
    }

    func end() async {
        for node in nodes { await node.process.end() }
        redis.stop()
    }
}

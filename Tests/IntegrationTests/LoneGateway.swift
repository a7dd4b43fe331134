// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation
internal import StrictJSON
internal import TestSupport

/// `gatecast serve` alone in front of one scripted upstream: no Redis, no services, no login.
final class LoneGateway: Sendable {
    static let adminToken = "an-admin-token-of-the-test-run"

    let folder: ScratchFolder
    let upstream: FakeUpstream
    let process: ProductProcess
    let publicPort: Int
    let internalPort: Int
    let adminPort: Int

    /// - Parameters:
    ///   - answer: of every request.
    ///   - settings: further lines of the configuration.
    ///   - openFiles: its limit on them.
    static func start(
        answering answer: String = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
        settings: String = "",
        arguments: [String] = [],
        openFiles: Int? = nil
    ) async throws -> LoneGateway {
        let folder = try ScratchFolder()
        try TestCertificates.shared.write(to: folder.path + "/certs")
        let upstream = try await FakeUpstream.answering(answer)
        try folder.write("gatecast.yaml", text(upstream: upstream.port, settings: settings))
        return try await LoneGateway(folder, upstream, process(in: folder, arguments, openFiles: openFiles))
    }

    private init(_ folder: ScratchFolder, _ upstream: FakeUpstream, _ process: ProductProcess) async throws {
        self.folder = folder
        self.upstream = upstream
        self.process = process
        publicPort = try await process.port(of: "public")
        internalPort = try await process.port(of: "internal")
        adminPort = try await process.port(of: "admin")
    }

    /// Another process of the same configuration in the same folder.
    static func process(
        in folder: ScratchFolder,
        _ arguments: [String] = [],
        openFiles: Int? = nil
    ) throws -> ProductProcess {
        let arguments = ["serve", "--config", "gatecast.yaml"] + arguments
        let environment = ["GATECAST_ADMIN_TOKEN": adminToken]
        guard let openFiles else {
            return try ProductProcess("gatecast", arguments, environment: environment, in: folder.path)
        }
        let command = "ulimit -n \(openFiles) && exec \"$0\" \"$@\""
        return try ProductProcess(
            executable: "/bin/bash",
            ["-c", command, "\(ProductProcess.folder)/gatecast"] + arguments,
            environment: environment,
            in: folder.path
        )
    }

    /// - Parameter public: its port; 0 until one was given.
    static func text(
        upstream: Int,
        routes: String = "- { prefix: /api/, upstream: app, auth: none }",
        public port: Int = 0,
        settings: String = ""
    ) -> String {
        """
        listen:    { public: "127.0.0.1:\(port)", internal: "127.0.0.1:0", admin: "127.0.0.1:0" }
        origins:   ["https://localhost:8443"]
        tls:       { certificate: certs/localhost.pem, key: certs/localhost-key.pem }
        data:      var
        admin:     { token: "${GATECAST_ADMIN_TOKEN}" }
        upstreams: { app: ["127.0.0.1:\(upstream)"] }
        routes:
          \(routes)
        live:      { anonymous: ["status"] }
        drain:     { notReady: 0s }
        \(settings)

        """
    }

    func browser() -> Browser {
        Browser(port: publicPort, authority: "localhost:8443", caPath: folder.path + "/certs/ca.pem")
    }

    func configure(routes: String, settings: String = "") throws {
        try folder.write("gatecast.yaml", Self.text(upstream: upstream.port, routes: routes, settings: settings))
    }

    func admin(_ method: String, _ path: String) async throws -> Browser.Answer {
        try await PlainHTTP.send(method, port: adminPort, path, bearer: Self.adminToken)
    }

    /// The value of one line of `/metrics`.
    func metric(_ name: String) async throws -> Double? {
        let text = try await PlainHTTP.send("GET", port: adminPort, "/metrics").body
        return text.split(separator: "\n").first { $0.hasPrefix(name + " ") }
            .flatMap { Double($0.dropFirst(name.count + 1)) }
    }

    /// Waits for a log line with this text.
    func logged(_ message: String, _ field: String = "msg") async throws -> String? {
        try await process.wait(message) { $0["msg"]?.string == message ? ($0[field]?.string ?? "") : nil }
    }

    @discardableResult
    func end(_ signal: Int32 = SIGTERM) async -> Int32 {
        let code = await process.end(signal)
        await upstream.stop()
        return code
    }
}

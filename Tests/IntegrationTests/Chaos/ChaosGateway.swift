// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation
internal import TestSupport

/// A gateway that is killed and started again, each time on another port, and its cable to Redis.
actor ChaosGateway {
    nonisolated let cable: TCPRelay
    private let directory: String
    private let configuration: String
    private var process: ProductProcess?
    /// nil while it is down.
    private(set) var port: Int?

    /// - Parameter configuration: name of its file in `directory`.
    init(in directory: String, _ configuration: String, cable: TCPRelay) {
        (self.directory, self.configuration, self.cable) = (directory, configuration, cable)
    }

    func start() async throws {
        let process = try ProductProcess("gatecast", ["serve", "--config", configuration], in: directory)
        self.process = process
        port = try await process.port(of: "public")
    }

    /// Waits until it has read the log: before that, sockets are told to come again.
    func waitUntilReady() async throws {
        guard let admin = try await process?.port(of: "admin") else { return }
        try await eventually { try await PlainHTTP.send("GET", port: admin, "/readyz").status == 200 }
    }

    /// SIGKILL: nothing is said to anybody.
    func kill() async {
        port = nil
        await process?.end(SIGKILL)
        process = nil
    }
}

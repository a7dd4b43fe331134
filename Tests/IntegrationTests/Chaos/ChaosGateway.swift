// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation

/// A gateway that is killed and started again, each time on another port.
actor ChaosGateway {
    private let directory: String
    private var process: ProductProcess?
    /// nil while it is down.
    private(set) var port: Int?

    init(in directory: String) { self.directory = directory }

    func start() async throws {
        let process = try ProductProcess("gatecast", ["serve", "--config", "gatecast.yaml"], in: directory)
        self.process = process
        port = try await process.port(of: "public")
    }

    /// SIGKILL: nothing is said to anybody.
    func kill() async {
        port = nil
        await process?.end(SIGKILL)
        process = nil
    }
}

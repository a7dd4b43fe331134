// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation
internal import TestSupport

/// Two gateways on one Redis that keeps what it acknowledged, and whatever kills them.
final class ChaosStack: Sendable {
    let redis: RedisProcess
    let gateways: [ChaosGateway]
    private let folder: ScratchFolder

    static func start() async throws -> ChaosStack {
        let folder = try ScratchFolder()
        let certificates = try await CommandRun.run("gatecast", ["certs", "--directory", "certs"], in: folder.path)
        guard certificates.code == 0 else { throw SeparateStack.Failed(text: certificates.errors) }
        var options = RedisProcess.Options()
        options.persistent = true
        let redis = try await RedisProcess.start(options)
        var gateways: [ChaosGateway] = []
        for number in 1...2 {
            let cable = try await TCPRelay.start(to: redis.port)
            let configuration = """
                listen:    { public: "127.0.0.1:0", admin: "127.0.0.1:0" }
                origins:   ["https://localhost:8443"]
                tls:       { certificate: certs/localhost.pem, key: certs/localhost-key.pem }
                data:      var-\(number)
                redis:     { url: "redis://127.0.0.1:\(cable.port)" }
                live:      { anonymous: [chaos], times: { gapSpread: 1s } }
                drain:     { notReady: 0s }

                """
            try folder.write("gatecast-\(number).yaml", configuration)
            gateways.append(ChaosGateway(in: folder.path, "gatecast-\(number).yaml", cable: cable))
        }
        for gateway in gateways { try await gateway.start() }
        return ChaosStack(redis: redis, gateways: gateways, folder: folder)
    }

    private init(redis: RedisProcess, gateways: [ChaosGateway], folder: ScratchFolder) {
        (self.redis, self.gateways, self.folder) = (redis, gateways, folder)
    }

    func browser(port: Int) -> Browser {
        Browser(port: port, authority: "localhost:8443", caPath: "\(folder.path)/certs/ca.pem")
    }

    func end() async {
        for gateway in gateways {
            await gateway.kill()
            gateway.cable.stop()
        }
        redis.stop()
    }
}

// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import NIOCore
internal import NIOPosix
internal import TestSupport
internal import Testing

@Suite("A gateway out of descriptors", .timeLimit(.minutes(5)))
struct DescriptorTests {
    @Test("It says so once, waits, and serves on by itself when some are free again")
    func exhausted() async throws {
        let gateway = try await LoneGateway.start(
            settings: "limits: { connections: 0, connectionsPerAddress: 0 }",
            openFiles: 160
        )
        // A start that is not over yet has files to open, and ends without them.
        try await eventually { try await PlainHTTP.send("GET", port: gateway.adminPort, "/readyz").status == 200 }
        var crowd: [any Channel] = []
        for _ in 0..<200 {
            crowd.append(
                try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                    .connect(host: "127.0.0.1", port: gateway.publicPort).get()
            )
        }
        let listener = try await gateway.logged(
            "connections cannot be accepted and wait",
            "reason"
        )
        #expect(listener == "process-descriptors")
        for channel in crowd { try? await channel.close() }  // cut by the gateway's own handshake limit: as good
        _ = try await gateway.logged("accepting again")
        let answer = try await gateway.browser().send("GET", "/api/")
        #expect(answer.status == 200)
        let failures = try await gateway.metric(
            "gatecast_accept_failures_total{listener=\"public\",reason=\"process-descriptors\"}"
        )
        // One each quarter of a second, not one each turn of the loop.
        #expect((1...400).contains(failures ?? 0))
        #expect(await gateway.end() == 0)
    }
}

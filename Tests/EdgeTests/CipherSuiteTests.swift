// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import NIOSSL
import TestSupport
import Testing

@testable import Edge

@Suite("Cipher suites of TLS 1.2", .timeLimit(.minutes(5)))
struct CipherSuiteTests {
    private func answer(with suite: String) async throws -> String {
        let upstream = try await FakeUpstream.answering(ProxyTests.hello)
        nonisolated(unsafe) var answer = ""
        try await EdgeHarness.run(upstream) { edge in
            var configuration = TLSConfiguration.makeClientConfiguration()
            configuration.certificateVerification = .none
            configuration.maximumTLSVersion = .tlsv12
            configuration.cipherSuites = suite
            let client = try await RawClient.connect(port: edge.port, tls: NIOSSLContext(configuration: configuration))
            // Fails where the handshake does, before or after it is written.
            try? await client.send("GET /api/x HTTP/1.1\r\nHost: \(edge.host)\r\nConnection: close\r\n\r\n")
            answer = await client.receiveAll()
            await client.close()
        }
        return answer
    }

    @Test(
        "Authenticated encryption is spoken",
        arguments: [
            "ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-ECDSA-CHACHA20-POLY1305",
        ]
    )
    func authenticated(suite: String) async throws {
        #expect(try await self.answer(with: suite).hasPrefix("HTTP/1.1 200 OK\r\n"))
    }

    @Test("CBC suites are not", arguments: ["ECDHE-ECDSA-AES128-SHA", "ECDHE-ECDSA-AES256-SHA"])
    func cipherBlockChaining(suite: String) async throws {
        #expect(try await self.answer(with: suite).isEmpty)
    }
}

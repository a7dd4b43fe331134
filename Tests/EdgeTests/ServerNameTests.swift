// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import NIOHPACK
import TestSupport
import Testing

@testable import Edge

@Suite("The TLS server name and Host", .timeLimit(.minutes(2)))
struct ServerNameTests {
    @Test(
        "A Host of ours over a connection opened for another name is 421, the same name in other letters is not",
        arguments: [
            ("localhost", "localhost", "200"), ("localhost", "LocalHost", "200"), ("localhost", "app.test", "421"),
        ]
    )
    func mismatch(serverName: String, host: String, status: String) async throws {
        let upstream = try await FakeUpstream.answering(ProxyTests.hello)
        try await EdgeHarness.run(
            upstream,
            adjust: {
                $0.origins = [PublicOrigin(host: "localhost", port: 0), PublicOrigin(host: "app.test", port: 0)]
            }
        ) { edge in
            let tls = try TestCertificates.shared.clientContext(protocols: ["http/1.1"])
            let client = try await RawClient.connect(port: edge.port, tls: tls, serverName: serverName)
            let request = "GET /api/ HTTP/1.1\r\nHost: \(host):\(edge.port)\r\nConnection: close\r\n\r\n"
            try await client.send(request)
            let answer = await client.receiveAll()
            #expect(answer.hasPrefix("HTTP/1.1 \(status) "))
            #expect(answer.contains("\"code\":\"host-not-served\"") == (status == "421"))
            #expect((upstream.receivedByteCount == 0) == (status == "421"))
        }
    }

    @Test("Over HTTP/2 the same, so that a browser that reused a connection opens another")
    func overHTTP2() async throws {
        let upstream = try await FakeUpstream.answering(ProxyTests.hello)
        try await EdgeHarness.run(
            upstream,
            adjust: {
                $0.origins = [PublicOrigin(host: "localhost", port: 0), PublicOrigin(host: "app.test", port: 0)]
            }
        ) { edge in
            let client = try await FrameClient.connect(port: edge.port)
            for (host, status) in [("app.test", "421"), ("localhost", "200")] {
                let stream = try await client.open(
                    [":method": "GET", ":scheme": "https", ":authority": "\(host):\(edge.port)", ":path": "/api/"],
                    endStream: true
                )
                await stream.wait { $0.ended }
                #expect(stream.status == status)
            }
            await client.close()
        }
    }

    @Test(
        "A client that names no server, by address for one, is served by Host alone; a trusted proxy by whom it names"
    )
    func exempt() async throws {
        let upstream = try await FakeUpstream.answering(ProxyTests.hello)
        try await EdgeHarness.run(
            upstream,
            adjust: {
                $0.origins = [PublicOrigin(host: "127.0.0.1", port: 0), PublicOrigin(host: "app.test", port: 0)]
                $0.trustedProxies = [AddressRange("127.0.0.1/32")].compactMap(\.self)
            }
        ) { edge in
            let tls = try TestCertificates.shared.clientContext(protocols: ["http/1.1"])
            let client = try await RawClient.connect(port: edge.port, tls: tls, serverName: nil)
            try await client.send("GET /api/ HTTP/1.1\r\nHost: 127.0.0.1:\(edge.port)\r\n\r\n")
            #expect(await client.receive(until: "hello").hasPrefix("HTTP/1.1 200"))
            await client.close()
            let proxy = try await RawClient.connect(port: edge.port, tls: tls)
            try await proxy.send("GET /api/ HTTP/1.1\r\nHost: app.test:\(edge.port)\r\n\r\n")
            #expect(await proxy.receive(until: "hello").hasPrefix("HTTP/1.1 200"))
            await proxy.close()
        }
    }
}

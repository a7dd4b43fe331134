// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import NIOHPACK
import TestSupport
import Testing

@testable import Edge

/// `limits.uri`, `field`, `headSize` and `fields`, each at the limit and one over, over both protocols.
@Suite("Limits of a request head", .timeLimit(.minutes(2)))
struct HeadSettingsTests {
    enum Limit: String, CaseIterable { case uri, field, headSize, fields }

    private static func adjust(_ limit: Limit) -> (inout EdgeSettings) -> Void {
        { settings in
            switch limit {
            case .uri: settings.limits.uri = 64
            case .field: settings.limits.field = 64
            case .headSize: settings.limits.headSize = 1_024
            case .fields: settings.limits.fields = 6
            }
        }
    }

    /// The head of a request that reaches the limit exactly, and goes `excess` beyond.
    private static func head(_ limit: Limit, excess: Int, host: String) -> (path: String, fields: [(String, String)]) {
        let path = "/api/"
        switch limit {
        case .uri:
            return (path + String(repeating: "a", count: 64 - path.utf8.count + excess), [])
        case .field:
            return (path, [("x-long", String(repeating: "a", count: 64 - "x-long: ".utf8.count + excess))])
        case .headSize:
            let rest = "GET \(path) HTTP/1.1\r\nHost: \(host)\r\nx-a: \r\nx-b: \r\n\r\n".utf8.count
            let value = String(repeating: "a", count: 400)
            return (path, [("x-a", value), ("x-b", String(repeating: "b", count: 1_024 - rest - 400 + excess))])
        case .fields:
            return (path, (0..<(5 + excess)).map { ("x-\($0)", "y") })
        }
    }

    private static func status(_ limit: Limit) -> String { limit == .uri ? "414" : "431" }

    @Test("At the limit it is served, one over it is refused and nothing goes upstream", arguments: Limit.allCases)
    func overHTTP1(limit: Limit) async throws {
        let upstream = try await FakeUpstream.answering(ProxyTests.hello)
        try await EdgeHarness.run(upstream, adjust: Self.adjust(limit)) { edge in
            for excess in [0, 1] {
                let before = upstream.receivedByteCount
                let (path, fields) = Self.head(limit, excess: excess, host: edge.host)
                let client = try await edge.connect()
                let lines = fields.map { "\($0.0): \($0.1)\r\n" }.joined()
                try await client.send("GET \(path) HTTP/1.1\r\nHost: \(edge.host)\r\n\(lines)\r\n")
                let answer = await client.receive(until: excess == 0 ? "hello" : "}")
                #expect(answer.hasPrefix("HTTP/1.1 \(excess == 0 ? "200" : Self.status(limit)) "), "\(limit) \(answer)")
                #expect((upstream.receivedByteCount == before) == (excess == 1))
                await client.leave(orderly: true)
            }
        }
    }

    @Test(
        "Over HTTP/2 the same, but for the size of the whole, which counts other bytes",
        arguments: [Limit.uri, .field, .fields]
    )
    func overHTTP2(limit: Limit) async throws {
        let upstream = try await FakeUpstream.answering(ProxyTests.hello)
        try await EdgeHarness.run(upstream, adjust: Self.adjust(limit)) { edge in
            let client = try await FrameClient.connect(port: edge.port)
            for excess in [0, 1] {
                let before = upstream.receivedByteCount
                let (path, fields) = Self.head(limit, excess: excess, host: edge.host)
                var headers: HPACKHeaders = [
                    ":method": "GET", ":scheme": "https", ":authority": edge.host, ":path": path,
                ]
                for (name, value) in fields { headers.add(name: name, value: value) }
                let stream = try await client.open(headers, endStream: true)
                await stream.wait { $0.ended }
                #expect(stream.status == (excess == 0 ? "200" : Self.status(limit)))
                #expect((upstream.receivedByteCount == before) == (excess == 1))
            }
            await client.close()
        }
    }
}

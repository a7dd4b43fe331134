// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import Logging
import NIOCore
import Settings
import Synchronization
import TestSupport
import Testing

@testable import Upstreams

@Suite("Names of endpoints", .timeLimit(.minutes(5)))
struct AddressResolverTests {
    private func address(_ ip: String) throws -> SocketAddress { try SocketAddress(ipAddress: ip, port: 80) }

    private func addresses(_ ips: [String]) throws -> [SocketAddress] { try ips.map(self.address) }

    @Test("A name of this machine is one endpoint, tried in both families")
    func loopback() throws {
        let both = try self.addresses(["::1", "127.0.0.1", "127.0.0.1"])
        #expect(AddressLookup.endpoints(of: both) == [try self.addresses(["::1", "127.0.0.1"])])
    }

    @Test("Any other name is an endpoint per address, IPv4 if there is some, in a stable order")
    func others() throws {
        let mixed = try self.addresses(["2001:db8::1", "10.0.0.2", "10.0.0.1"])
        #expect(
            AddressLookup.endpoints(of: mixed) == [try self.addresses(["10.0.0.1"]), try self.addresses(["10.0.0.2"])]
        )
        let six = try self.addresses(["2001:db8::2", "2001:db8::1"])
        #expect(AddressLookup.endpoints(of: six).count == 2)
        #expect(AddressLookup.endpoints(of: []) == [])
        let many = try (0..<65).map { try self.address("10.0.0.\($0)") }
        #expect(AddressLookup.endpoints(of: many).count == 64)
    }

    private struct NotFound: Error {}

    @Test("Addresses come and go, what stays is kept, and a failed look-up changes nothing")
    func changes() async throws {
        let name = ListenAddress(host: "api.internal", port: 80)
        let upstream = Upstream(
            UpstreamSettings(name: "u", endpoints: [name, ListenAddress(host: "10.9.9.9", port: 1)])
        )
        let answers = Mutex<[SocketAddress]?>(try self.addresses(["10.0.0.1", "10.0.0.2"]))
        let resolver = AddressResolver(
            upstreams: { [upstream] },
            lookup: { asked in
                #expect(asked == name)
                guard let answer = answers.withLock({ $0 }) else { throw NotFound() }
                return answer
            },
            logger: Logger(label: "test")
        )
        #expect(upstream.endpoints.map(\.name) == ["10.9.9.9:1"])
        await resolver.resolve(upstream)
        let first = upstream.endpoints
        #expect(first.map(\.name) == ["api.internal:80", "api.internal:80", "10.9.9.9:1"])
        #expect(upstream.generation == 1)
        await resolver.resolve(upstream)
        #expect(upstream.generation == 1)
        try answers.withLock { $0 = try self.addresses(["10.0.0.2", "10.0.0.3"]) }
        await resolver.resolve(upstream)
        #expect(upstream.endpoints[0] === first[1] && upstream.endpoints[2] === first[2])
        #expect(upstream.generation == 2)
        answers.withLock { $0 = nil }
        await resolver.resolve(upstream)
        #expect(upstream.endpoints.count == 3 && upstream.generation == 2)
        // A reload keeps what was found.
        #expect(Upstream(upstream.settings, continuing: upstream).endpoints[0] === first[1])
    }

    @Test(
        "localhost is found by the system, and whichever family listens is used; a request waits for the first look-up"
    )
    func live() async throws {
        let fake = try await FakeUpstream.answering("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")
        let harness = try await Harness(port: fake.port) {
            $0.endpoints = [ListenAddress(host: "localhost", port: fake.port)]
            $0.connectTimeout = .seconds(20)
        }
        let early = try await harness.start()
        let upstream = harness.upstream
        let resolver = AddressResolver(upstreams: { [upstream] }, logger: Logger(label: "test"))
        let task = Task { await resolver.run() }
        await early.ended()
        #expect(try await early.events == ["200 length(2)", "end"])
        #expect(try await harness.send().events == ["200 length(2)", "end"])
        task.cancel()
        await task.value
        await fake.stop()
    }

    @Test("Without an address a request is given up after the time for connecting")
    func never() async throws {
        let harness = try await Harness(port: 1) {
            $0.endpoints = [ListenAddress(host: "nowhere.invalid", port: 1)]
            $0.connectTimeout = .milliseconds(50)
        }
        #expect(try await harness.send().events == ["failed no-healthy-endpoint"])
        #expect(harness.upstream.inFlight == 0)
    }
}

// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import Testing

@testable import Edge

@Suite("HostAllowList")
struct HostAllowListTests {
    @Test(
        "The public listener answers exactly its origins' authorities",
        arguments: [
            ("localhost:8443", true), ("LOCALHOST:8443", true), ("app.example", true), ("app.example:443", true),
            ("localhost", false), ("localhost:8444", false), ("app.example:8443", false), ("evil.example", false),
            ("localhost:8443.evil.example", false), ("", false), ("127.0.0.1:8443", false),
        ]
    )
    func publicHosts(host: String, allowed: Bool) throws {
        let list = HostAllowList(origins: [
            .init(host: "localhost", port: 8_443), .init(host: "App.example", port: 443),
        ])
        #expect(list.allows(Array(host.utf8)[...]) == allowed)
    }

    @Test(
        "The internal listener answers loopback names with any port",
        arguments: [
            ("localhost", true), ("localhost:9080", true), ("127.0.0.1:1", true), ("[::1]:9080", true), ("[::1]", true),
            ("example.org", false), ("127.0.0.1.evil.example", false), ("10.0.0.1:9080", false),
        ]
    )
    func internalHosts(host: String, allowed: Bool) {
        #expect(HostAllowList(hosts: EdgeSettings.loopbackHosts).allows(Array(host.utf8)[...]) == allowed)
    }

    @Test("Origins are read as browsers write them")
    func origins() {
        #expect(PublicOrigin(authority: "localhost:8443")?.description == "https://localhost:8443")
        #expect(PublicOrigin(authority: "app.example:443")?.description == "https://app.example")
        #expect(PublicOrigin(authority: "[::1]:8443")?.authority == "[::1]:8443")
        for bad in ["", ":8443", "a/b", "user@host", "host:port", "host:99999", "host:+1", "[::1", "a b"] {
            #expect(PublicOrigin(authority: bad) == nil, "\(bad)")
        }
    }

    @Test("Address ranges")
    func ranges() throws {
        let range = try #require(AddressRange("10.0.0.0/9"))
        #expect(range.contains([10, 127, 255, 255]))
        #expect(!range.contains([10, 128, 0, 0]))
        #expect(AddressRange("fd00::/8")?.contains(AddressRange.bytes(ofAddress: "fd12::1") ?? []) == true)
        #expect(AddressRange("::ffff:10.0.0.1")?.contains([10, 0, 0, 1]) == true)
        #expect(AddressRange("10.0.0.0/33") == nil)
        #expect(AddressRange("localhost") == nil)
    }
}

// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import Hummingbird
import Testing

@testable import Gateway

@Suite("The admin listener's host names")
struct AdminGuardTests {
    private static let hosts = ["localhost", "127.0.0.1", "::1"]

    @Test(
        "Loopback names are answered, with any port and in any case",
        arguments: [
            "localhost", "localhost:9090", "LocalHost:1", "127.0.0.1", "127.0.0.1:9090", "[::1]", "[::1]:9090",
            "localhost:",
        ]
    )
    func answered(_ authority: String) {
        #expect(AdminGuard<BasicRequestContext>.names(Self.hosts, authority))
    }

    @Test(
        "Any other name is not, so that a rebound DNS name reaches nothing",
        arguments: [
            nil, "", ":9090", "evil.example", "evil.example:9090", "localhost.evil.example", "127.0.0.1.evil.example",
            "::1", "[::1",
            "[::2]", "[]", "[localhost.evil]", "[::1].evil.example", "[::1]9090", "localhost:evil", "localhost:90:90",
            "xlocalhost",
            "localhost ", "user@localhost",
        ]
    )
    func refused(_ authority: String?) {
        #expect(!AdminGuard<BasicRequestContext>.names(Self.hosts, authority))
    }
}

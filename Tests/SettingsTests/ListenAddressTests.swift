// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Settings
internal import Testing

@Suite("Addresses to listen on")
struct ListenAddressTests {
    @Test(
        "are a host and a port",
        arguments: [
            ("127.0.0.1:8443", "127.0.0.1", 8443), ("[::1]:0", "::1", 0), ("localhost:65535", "localhost", 65_535),
            ("users-service:80", "users-service", 80),
        ]
    )
    func valid(_ text: String, _ host: String, _ port: Int) throws {
        let address = try ListenAddress(parsing: text)
        #expect(address == ListenAddress(host: host, port: port))
        #expect(address.description == text)
    }

    @Test(
        "are nothing else",
        arguments: [
            "", ":80", "localhost", "localhost:", "localhost:65536", "localhost:-1", "::1:80", "[::1]", "[x]:1",
            "a b:1", "http://x:1",
        ]
    )
    func invalid(_ text: String) {
        #expect(throws: ListenAddress.ParsingError.self) { try ListenAddress(parsing: text) }
    }

    @Test("know whether they stay on this machine")
    func loopback() {
        for host in ["localhost", "127.0.0.1", "127.8.8.8", "::1"] {
            #expect(ListenAddress(host: host, port: 1).isLoopback)
        }
        for host in ["0.0.0.0", "::", "127.evil.example.org", "10.0.0.1", "127.0.0.1.example"] {
            #expect(!ListenAddress(host: host, port: 1).isLoopback)
        }
    }
}

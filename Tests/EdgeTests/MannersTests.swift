// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import NIOCore
import Testing

@testable import Edge

/// The tables of proxy.md §14.9.
@Suite("Path, slash, Location, Host and client address")
struct MannersTests {
    @Test("Each table has its rows", arguments: [("target", 30), ("location", 34), ("client", 22), ("host", 13)])
    func tables(name: String, count: Int) {
        #expect(Table.rows(name).count == count)
        #expect(Table.rows(name).allSatisfy { $0.count == 3 })
    }

    @Test("A target goes upstream as its route says", arguments: Table.rows("target"))
    func target(row: [String]) {
        let bytes = Array(row[1].utf8)
        let end = bytes.firstIndex(of: UInt8(ascii: "?"))
        var buffer = ByteBuffer()
        if let target = UpstreamTarget(Table.route(row[0])) {
            target.write(path: bytes[..<(end ?? bytes.count)], query: end.map { bytes[($0 + 1)...] }, into: &buffer)
        } else {
            buffer.writeBytes(bytes)
        }
        #expect(String(buffer: buffer) == row[2])
    }

    @Test("A Location is put into the browser's terms", arguments: Table.rows("location"))
    func location(row: [String]) {
        let rewriter = LocationRewriter(
            route: Table.route(row[0]),
            endpoints: ["127.0.0.1:8000", "app.internal:80"]
        )
        let rewritten = rewriter.rewrite(Array(row[1].utf8)[...], host: Array("localhost:8443".utf8)[...])
        let text = rewritten.map { String(decoding: $0, as: UTF8.self) }
        // To write the same anew is as good as to leave it.
        if row[2] == "same" { #expect(text == nil) } else { #expect(text == row[2]) }
    }

    @Test("One client address results, however long the chain", arguments: Table.rows("client"))
    func client(row: [String]) throws {
        let trusted = try ["10.0.0.0/8", "192.0.2.1", "fd00::/8"].map { try #require(AddressRange($0)) }
        let lines = row[1].isEmpty ? "" : row[1].split(separator: ";").map { "X-Forwarded-For: \($0)\r\n" }.joined()
        let head = try ReservedNameTests.parse(lines)
        let peer = ClientAddress(try SocketAddress(ipAddress: row[0], port: 1))
        let client = ForwardedFor.client(of: head, peer: peer) { bytes in trusted.contains { $0.contains(bytes) } }
        #expect(client.text == row[2])
    }

    @Test("A chain longer than any honest one ends where it is looked at no further")
    func longChain() throws {
        let hops = ["6.6.6.6"] + (0..<40).map { "10.0.0.\($0)" }
        let head = try ReservedNameTests.parse("X-Forwarded-For: \(hops.joined(separator: ", "))\r\n")
        let peer = ClientAddress(try SocketAddress(ipAddress: "10.0.0.200", port: 1))
        #expect(ForwardedFor.client(of: head, peer: peer) { $0.first == 10 }.text == "10.0.0.8")
    }

    private static let origins = [
        PublicOrigin(host: "localhost", port: 8_443), PublicOrigin(host: "app.example", port: 443),
        PublicOrigin(host: "app.localhost", port: 9_443),
    ]

    @Test("A Host is served by its exact authority, and redirected by its name", arguments: Table.rows("host"))
    func host(row: [String]) {
        let bytes = Array(row[0].utf8)[...]
        #expect(HostAllowList(origins: Self.origins).allows(bytes) == (row[1] == "served"))
        let origin = PublicOrigin.named(bytes, among: Self.origins)?.description
        #expect(origin == (row[2] == "421" ? nil : row[2]))
    }

    @Test(
        "Only names of this machine's own are local",
        arguments: [
            ("localhost", true), ("LOCALHOST", true), ("app.localhost", true), ("127.0.0.1", true), ("127.1.2.3", true),
            ("[::1]", true), ("localhost.example", false), ("127.example", false), ("mylocalhost", false),
            ("app.example", false), ("10.0.0.1", false),
        ]
    )
    func local(name: String, isLocal: Bool) { #expect(PublicOrigin.isLocal(Array(name.utf8)[...]) == isLocal) }
}

@Suite("ProxyHeader")
struct ProxyHeaderTests {
    static let signature: [UInt8] = [0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A]

    static func header(_ family: UInt8, _ body: [UInt8], command: UInt8 = 0x21) -> [UInt8] {
        self.signature + [command, family, UInt8(body.count >> 8), UInt8(body.count & 0xFF)] + body
    }

    static let four: [UInt8] = [203, 0, 113, 7] + [127, 0, 0, 1] + [0xC0, 0x00, 0x01, 0xBB]

    private func read(_ bytes: [UInt8]) -> ProxyHeader.Outcome { ProxyHeader.read(ByteBuffer(bytes: bytes)) }

    @Test("Addresses of both families, with and without more behind them")
    func addresses() {
        #expect(self.read(Self.header(0x11, Self.four)) == .present(length: 28, source: [203, 0, 113, 7]))
        #expect(
            self.read(Self.header(0x11, Self.four + [4, 0, 1, 9]) + [0x16])
                == .present(length: 32, source: [203, 0, 113, 7])
        )
        let six = [UInt8](repeating: 0x20, count: 16)
        let body = six + [UInt8](repeating: 0, count: 20)
        #expect(self.read(Self.header(0x21, body)) == .present(length: 52, source: six))
    }

    @Test("A proxy that speaks for itself, or does not know, names nobody")
    func nobody() {
        #expect(self.read(Self.header(0x00, [], command: 0x20)) == .present(length: 16, source: nil))
        #expect(self.read(Self.header(0x00, [1, 2])) == .present(length: 18, source: nil))
    }

    @Test("TLS, HTTP and the text form are not a header")
    func absent() {
        for bytes in [[0x16, 0x03, 0x01], Array("GET /".utf8), Array("PROXY TCP4 1.2.3.4".utf8)] {
            #expect(self.read(bytes) == .absent)
        }
    }

    @Test("Every beginning of a header waits for more")
    func incomplete() {
        let whole = Self.header(0x11, Self.four)
        for count in 0..<whole.count { #expect(self.read(Array(whole[..<count])) == .needMore) }
    }

    @Test("Another version, family, command, a short address or too long a header ends the connection")
    func malformed() {
        #expect(self.read(Self.header(0x11, Self.four, command: 0x11)) == .malformed)
        #expect(self.read(Self.header(0x11, Self.four, command: 0x22)) == .malformed)
        #expect(self.read(Self.header(0x31, Self.four)) == .malformed)
        #expect(self.read(Self.header(0x12, Self.four)) == .malformed)
        #expect(self.read(Self.header(0x11, Array(Self.four.dropLast()))) == .malformed)
        #expect(self.read(Self.header(0x21, Self.four)) == .malformed)
        let longest = Self.four + [UInt8](repeating: 0, count: ProxyHeader.longestRest - 12)
        #expect(self.read(Self.header(0x11, longest)) == .present(length: 16 + 4_096, source: [203, 0, 113, 7]))
        #expect(self.read(Self.header(0x11, longest + [0])) == .malformed)
    }
}

// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import Foundation
import HTTPMessages
import NIOCore
import Settings
import Testing

@testable import Edge

/// proxy.md §14.2: every reserved name × spelling × `auth` × `identity`, and named in `Connection` or not.
@Suite("Reserved names")
struct ReservedNameTests {
    static let sealed: [String] = [
        "forwarded", "x-forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-forwarded-prefix",
        "x-forwarded-anything", "proxy", "gatecast-identity", "gatecast-anything", "live-cursor",
        "x-middleware-subrequest", "x-middleware-set-cookie", "x-invoke-path", "x-vercel-id", "x-nextjs-data",
        "x-nextjs-request-id", "x-nextjs-html-request-id", "x-now-route-matches", "x-matched-path",
        "x-next-resume-state-length", "next-resume",
    ]
    static let keepable: [String] = [
        "x-real-ip", "x-client-ip", "true-client-ip", "cf-connecting-ip", "x-original-url", "x-rewrite-url",
        "x-http-method-override", "x-auth-user", "x-user-id", "x-authenticated-groups", "remote-user",
        "x-remote-user", "x-envoy-external-address",
    ]

    static let all: [String] = sealed + keepable

    static func spellings(_ name: String) -> Set<String> {
        let folded = [name, name.replacing("-", with: "_"), name.replacing("-", with: ".")]
        var mixed = ""
        for (index, part) in name.split(separator: "-").enumerated() {
            mixed += (index == 0 ? "" : index.isMultiple(of: 2) ? "." : "_") + part.capitalized
        }
        return Set(folded + folded.map { $0.uppercased() } + folded.map { $0.capitalized } + [mixed])
    }

    static func parse(_ lines: String) throws -> MessageHead {
        var head = MessageHead()
        var parser = HTTP1HeadParser(.request)
        var buffer = ByteBuffer(string: "GET / HTTP/1.1\r\nHost: localhost\r\n\(lines)\r\n")
        guard try parser.parse(&buffer, into: &head) else { throw EdgeTestFailure(description: "not whole") }
        return head
    }

    static func upstream(_ lines: String, _ route: RouteSettings) throws -> String {
        let head = try self.parse(lines)
        var scratch: [UInt8] = []
        var buffer = ByteBuffer()
        _ = HeaderPolicy.writeRequest(
            head,
            framing: .none,
            route: route,
            statement: .init(
                host: head.first(.host) ?? [],
                client: ClientAddress(try SocketAddress(ipAddress: "192.0.2.7", port: 1)),
                port: 443,
                assertion: route.identity == .assertion ? "ours" : nil,
                requestID: RequestID(high: 1, low: 2),
                trace: .init(id: RequestID(high: 1, low: 2), span: 3, isSampled: true, passesState: false)
            ),
            scratch: &scratch,
            into: &buffer
        )
        return String(buffer: buffer)
    }

    @Test("No spelling passes, on any kind of route, alone or twice", arguments: ReservedNameTests.all)
    func matrix(name: String) async throws {
        for authentication in RouteSettings.Authentication.allCases {
            for identity in RouteSettings.Identity.allCases {
                let route = RouteSettings(
                    prefix: "/",
                    upstream: "u",
                    authentication: authentication,
                    identity: identity
                )
                await Task.yield()
                for spelling in Self.spellings(name) {
                    let text = try Self.upstream("\(spelling): evil\r\n\(spelling): evil\r\n", route)
                    #expect(!text.contains("evil"), "\(spelling)")
                }
            }
        }
    }

    @Test("Named in Connection it is a 400", arguments: ReservedNameTests.all)
    func connection(name: String) {
        for spelling in Self.spellings(name) {
            #expect(throws: MessageError.self, "\(spelling)") {
                try Self.parse("Connection: \(spelling)\r\n\(spelling): evil\r\n")
            }
        }
    }

    private func rules(_ yaml: String) throws -> HeaderRules {
        try HeaderRules(node: SettingsNode.parse(yaml, file: "gatecast.yaml", environment: [:]))
    }

    @Test(
        "A kept name passes as sent, in its plain spelling alone; the others stay out",
        arguments: ReservedNameTests.keepable
    )
    func kept(name: String) throws {
        var route = RouteSettings(prefix: "/", upstream: "u", authentication: .none)
        let prefix = name.split(separator: "-").dropLast().joined(separator: "-")
        for pattern in [name] + (prefix.hasPrefix("x-auth") || prefix.hasPrefix("x-user") ? [prefix + "-*"] : []) {
            route.headers = try self.rules("keep: [\"\(pattern)\"]")
            for spelling in Self.spellings(name) {
                let passes = !spelling.contains("_") && !spelling.contains(".")
                let text = try Self.upstream("\(spelling): value\r\n", route)
                #expect(text.contains("\r\n\(name): value\r\n") == passes, "\(spelling)")
            }
            for other in Self.keepable where other != name {
                #expect(try !Self.upstream("\(other): evil\r\n", route).contains("evil"))
            }
        }
    }

    @Test("What the gateway or Next.js vouches for cannot be kept", arguments: ReservedNameTests.sealed)
    func neverKept(name: String) {
        for pattern in [name, "\(name)*"] {
            #expect(throws: SettingsError.self) { try self.rules("keep: [\"\(pattern)\"]") }
        }
    }

    @Test(
        "Exceptions that mean nothing, or too much, say what to write",
        arguments: [
            ("keep: [x-ordinary]", "passes anyway"), ("keep: [\"*\"]", "lower case with hyphens"),
            ("keep: [\"x-*\"]", "passes anyway"), ("keep: [X-Auth-User]", "lower case with hyphens"),
            ("keep: [x_auth_user]", "lower case with hyphens"), ("keep: [\"x-forwarded-*\"]", "no client may say it"),
            ("aliases: pass", "drop, reject"), ("keeps: []", "keep"),
        ]
    )
    func refusals(yaml: String, sentence: String) {
        do {
            _ = try self.rules(yaml)
            Issue.record("loaded")
        } catch { #expect("\(error)".contains(sentence), "\(error)") }
    }
}

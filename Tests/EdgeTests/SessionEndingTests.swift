// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import TestSupport
import Testing

@testable import Edge

@Suite("Sessions the login upstream ends", .timeLimit(.minutes(5)))
struct SessionEndingTests {
    private static func upstream(_ value: String) async throws -> FakeUpstream {
        try await .answering(
            "HTTP/1.1 200 OK\r\nGatecast-End-Sessions: \(value)\r\nContent-Length: 5\r\n\r\nhello"
        )
    }

    private static let route = RouteSettings(prefix: "/api/users/", upstream: "app", authentication: .required)

    private func isAlive(_ cookie: String, _ edge: EdgeHarness) async throws -> Bool {
        try await edge.exchange("GET", "/auth/session", [cookie]).contains(#""authenticated":true"#)
    }

    @Test("All but the one that asked, at once; nobody else's; and no client sees the field")
    func others() async throws {
        let upstream = try await Self.upstream("id-ana; keep=current")
        try await EdgeHarness.run(upstream, routes: [Self.route]) { edge in
            let (here, there) = (try await edge.login(), try await edge.login())
            let other = try await edge.login("bob")
            let answer = try await edge.exchange("GET", "/api/users/me", [here])
            #expect(answer.hasPrefix("HTTP/1.1 200"))
            #expect(!answer.lowercased().contains("gatecast-end-sessions"))
            try await eventually { try await !isAlive(there, edge) }
            #expect(try await isAlive(here, edge))
            #expect(try await isAlive(other, edge))
        }
    }

    @Test("All of them")
    func all() async throws {
        try await EdgeHarness.run(try await Self.upstream("id-ana"), routes: [Self.route]) { edge in
            let (here, there) = (try await edge.login(), try await edge.login())
            _ = try await edge.exchange("GET", "/api/users/me", [here])
            try await eventually { try await !isAlive(here, edge) }
            try await eventually { try await !isAlive(there, edge) }
        }
    }

    @Test("Another upstream's word ends nothing, and is not passed on either")
    func otherUpstream() async throws {
        try await EdgeHarness.run(try await Self.upstream("id-ana"), routes: [Self.route]) { edge in
            try await edge.replaceUpstream()
            let cookie = try await edge.login()
            for _ in 0..<5 {
                let answer = try await edge.exchange("GET", "/api/users/me", [cookie])
                #expect(answer.hasPrefix("HTTP/1.1 200"))
                #expect(!answer.lowercased().contains("gatecast-end-sessions"))
            }
        }
    }

    @Test(
        "What is well-formed",
        arguments: [
            ("42", "42", false), (" 42 ", "42", false), ("42; keep=current", "42", true),
            ("42;keep=current", "42", true),
            (String(repeating: "s", count: 255), String(repeating: "s", count: 255), false),
        ]
    )
    func read(_ value: String, _ subject: String, _ keeps: Bool) {
        let ending = SessionEnding(Array(value.utf8)[...])
        #expect(ending?.subject == subject)
        #expect(ending?.keepsCurrent == keeps)
    }

    @Test(
        "What is not",
        arguments: [
            "", " ", ";", "; keep=current", "42; keep=all", "42; keep=current; x", "é",
            String(repeating: "s", count: 256),
        ]
    )
    func unreadable(_ value: String) { #expect(SessionEnding(Array(value.utf8)[...]) == nil) }
}

// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import Edge
import Foundation
import StrictJSON
import Testing

@testable import Gateway

@Suite("Never a worse configuration for a good one")
struct ReloadRulesTests {
    private let fixture: ConfigurationFixture
    private let now = Date(timeIntervalSince1970: 1_000)

    init() throws { fixture = try ConfigurationFixture() }

    private func certificate(_ names: [String] = ["localhost"], from: Int = 0, to end: Int = 5_000) -> CertificateFacts
    {
        CertificateFacts(
            path: "leaf.pem",
            notBefore: Date(timeIntervalSince1970: TimeInterval(from)),
            notAfter: Date(timeIntervalSince1970: TimeInterval(end)),
            names: names
        )
    }

    private func objection(
        _ edits: [(old: String, new: String)] = [],
        certificate new: CertificateFacts? = nil,
        replacing old: CertificateFacts? = nil
    ) throws -> String? {
        let next = try fixture.settings(edits)
        let old = old ?? certificate()
        return ReloadRules(routes: 4, loginUpstream: "users", now: now).objection(
            to: next,
            certificates: [new ?? old],
            origins: next.edge.origins,
            replacing: [old]
        )
    }

    @Test("What is as good is accepted")
    func accepted() throws {
        #expect(try objection() == nil)
        #expect(try objection(certificate: certificate(to: 1_001)) == nil)
    }

    @Test("A route list that has become empty is a truncated file")
    func routes() throws {
        let text = fixture.text
        let start = try #require(text.range(of: "routes:"))
        let end = try #require(text.range(of: "live:   "))
        let section = String(text[start.lowerBound..<end.lowerBound])
        #expect(try objection([(section, "")])?.contains("routes: the list is empty") == true)
    }

    @Test("The upstream that logs people in cannot go, since sessions are built in at the start")
    func login() throws {
        let edits = [
            ("upstream: users, key", "upstream: tasks, key"), ("users: [\"127.0.0.1:8101\"], ", ""),
            ("  - { prefix: /api/users/,         upstream: users,         auth: optional }\n", ""),
            ("http://127.0.0.1:8101/", "https://issuer.example/"),
        ]
        #expect(try objection(edits)?.contains("\"users\" is gone") == true)
    }

    @Test("A certificate that is over, not begun, or for other names does not replace one that works")
    func certificates() throws {
        #expect(try objection(certificate: certificate(to: 1_000))?.contains("expired") == true)
        #expect(try objection(certificate: certificate(from: 1_001))?.contains("not valid before") == true)
        #expect(try objection(certificate: certificate(["example.org"]))?.contains("does not name localhost") == true)
    }

    @Test("One that was no better stays no obstacle: routes may still change under an expired certificate")
    func alreadyBad() throws {
        let expired = certificate(["example.org"], to: 500)
        #expect(try objection(certificate: expired, replacing: expired) == nil)
    }

    @Test("Sections that differ are named, those that came and went too")
    func difference() {
        #expect(ReloadRules.difference(["a": 1, "b": 2, "c": 3], ["a": 1, "b": 3, "d": 4]) == ["b", "c", "d"])
        #expect(ReloadRules.difference(["a": 1], ["a": 1]).isEmpty)
    }

    @Test("Every section of the file is either reloaded or said to need a restart")
    func sections() throws {
        let settings = try fixture.settings()
        let reloaded: Set = ["origins", "tls", "issuers", "upstreams", "routes"]
        #expect(
            Set(settings.sections.keys) == reloaded.union(["listen", "data", "redis", "admin", "sessions", "live"])
        )
        #expect(ReloadRules.needRestart.isDisjoint(with: reloaded))
    }

    @Test("What a reload became is told as one JSON object")
    func outcome() {
        #expect(
            ReloadOutcome.applied(changed: ["routes"], restart: ["listen"]).json
                == ["result": "applied", "changed": ["routes"], "restart": ["listen"]]
        )
        #expect(ReloadOutcome.unchanged(restart: []).json == ["result": "unchanged", "restart": []])
        #expect(ReloadOutcome.refused(message: "why").json == ["result": "refused", "error": "why"])
    }
}

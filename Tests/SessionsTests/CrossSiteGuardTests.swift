// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import Foundation
import Sessions
import TestSupport
import Testing

/// The whole matrix of login.md §11, no. 6, against the tables of docs/security.md.
@Suite("The cross-site rule")
struct CrossSiteGuardTests {
    private let gate = CrossSiteGuard(
        publicOrigins: ["https://app.example:8443"],
        allowedOrigins: ["https://partner.example"]
    )

    private func request(_ row: CrossSiteCase) -> CrossSiteGuard.Request {
        .init(
            method: row.method == "OPTIONS" ? .options : row.isRead ? .read : .unsafe,
            credential: row.hasCookie ? (row.hasBearer ? .both : .cookie) : (row.hasBearer ? .bearer : .none),
            isAuthEndpoint: row.isAuth,
            listener: row.isInternal ? .internal : .external,
            secFetchSite: field(row.site),
            secFetchMode: field(row.mode),
            origin: field(row.origin.map(origin))
        )
    }

    private func field(_ value: String?) -> CrossSiteGuard.Field { value == "twice" ? .several : .init(value) }

    private func origin(_ kind: String) -> String {
        switch kind {
        case "ours": "https://app.example:8443"
        case "allowed": "https://partner.example"
        case "other port": "https://app.example"
        case "other scheme": "http://app.example:8443"
        case "look-alike": "https://app.example:8443.evil.example"
        case "upper case": "HTTPS://app.example:8443"
        default: kind
        }
    }

    @Test("Every combination gets the verdict of the page's first row that fits, and every row is needed")
    func matrix() async throws {
        let table = try RuleTable.load("cross-site")
        var used: Set<Int> = []
        let all = CrossSiteCase.all()
        for (count, row) in all.enumerated() {
            if count % 512 == 0 { await Task.yield() }
            let (index, isAllowed) = try table.decide(row.fits)
            used.insert(index)
            let verdict = gate.verdict(request(row))
            if verdict.isAllowed != isAllowed { Issue.record("row \(index + 1) of the page, \(row): \(verdict)") }
            // What is judged and let through varies by what it was judged by; the rest is nobody's concern.
            let isJudged = row.method != "OPTIONS" && (row.hasCookie || (row.isAuth && !row.isRead))
            if (verdict != .unconcerned) != isJudged { Issue.record("\(row): \(verdict)") }
        }
        let combinations: Int = [7, 2, 4, 2, 7, 4, 9].reduce(1, *)
        #expect(all.count == combinations)
        #expect(used.sorted() == Array(table.rows.indices))
    }

    @Test("Sockets and streams: every combination as the page says, and every row is needed")
    func live() throws {
        let table = try RuleTable.load("live")
        var used: Set<Int> = []
        for var row in CrossSiteCase.all(["GET"]) where !row.isAuth {
            for isWebSocket in [true, false] {
                row.isWebSocket = isWebSocket
                let (index, isAllowed) = try table.decide(row.fits)
                used.insert(index)
                let verdict = gate.liveVerdict(request(row), isWebSocket: isWebSocket)
                if verdict.isAllowed != isAllowed {
                    Issue.record("row \(index + 1) of the page, \(row): \(verdict)")
                }
            }
        }
        #expect(used.sorted() == Array(table.rows.indices))
    }

    @Test("A row that says something else than the code is noticed")
    func mutant() throws {
        let page = """
            <!-- table: x -->
            | Method | `Sec-Fetch-Site` | Verdict |
            |---|---|---|
            | unsafe | `cross-site` | allow |
            | * | * | refuse |
            """
        let table = try RuleTable("x", text: page)
        let row = try #require(
            CrossSiteCase.all(["POST"]).first { $0.hasCookie && $0.site == "cross-site" && $0.origin == nil }
        )
        let (index, isAllowed) = try table.decide(row.fits)
        #expect(index == 0 && isAllowed)
        #expect(gate.verdict(request(row)) == .refuse(.site))
        #expect(throws: RuleTable.Failure.self) {
            try RuleTable("x", text: page.replacingOccurrences(of: "allow", with: "maybe"))
        }
        #expect(throws: RuleTable.Failure.self) { try RuleTable("y", text: page) }
    }

    @Test("A header sent twice is refused")
    func twice() {
        var request = CrossSiteGuard.Request(method: .unsafe, credential: .cookie)
        request.secFetchSite = .several
        #expect(gate.verdict(request) == .refuse(.ambiguous))
        request.secFetchSite = .absent
        request.origin = .several
        #expect(gate.verdict(request) == .refuse(.origin))
        request.listener = .internal
        #expect(gate.verdict(request) == .refuse(.origin))
    }

    @Test(
        "A WebSocket with a cookie names our origin exactly",
        arguments: [
            ("https://app.example:8443", true), (nil, false), ("null", false), ("https://app.example", false),
            ("http://app.example:8443", false), ("https://app.example:8443.evil.example", false),
            ("https://app.example:8443/", false), ("HTTPS://app.example:8443", false),
        ] as [(String?, Bool)]
    )
    func webSocket(_ origin: String?, _ isAllowed: Bool) {
        let request = CrossSiteGuard.Request(method: .read, credential: .cookie, origin: .init(origin))
        #expect(gate.liveVerdict(request, isWebSocket: true).isAllowed == isAllowed)
        var bearer = request
        bearer.credential = .bearer
        #expect(gate.liveVerdict(bearer, isWebSocket: true) == .unconcerned)
    }

    @Test("A stream without Origin proves itself by Sec-Fetch-Site")
    func stream() {
        var request = CrossSiteGuard.Request(method: .read, credential: .cookie, secFetchSite: .init("same-origin"))
        #expect(gate.liveVerdict(request, isWebSocket: false).isAllowed)
        request.secFetchSite = .init("same-site")
        #expect(!gate.liveVerdict(request, isWebSocket: false).isAllowed)
        request.secFetchSite = .absent
        #expect(!gate.liveVerdict(request, isWebSocket: false).isAllowed)
        request.listener = .internal
        #expect(gate.liveVerdict(request, isWebSocket: false).isAllowed)
        #expect(!gate.liveVerdict(request, isWebSocket: true).isAllowed)
    }
}

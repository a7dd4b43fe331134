// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import TestSupport
import Testing

@testable import Edge

/// One request per row of docs/security.md through the real door; the combinations are `CrossSiteGuardTests`'.
@Suite("The cross-site tables on live sockets", .timeLimit(.minutes(5)))
struct CrossSiteTableTests {
    private func origin(_ kind: String, _ edge: EdgeHarness) -> String {
        switch kind {
        case "ours": edge.origin
        case "allowed": "https://partner.example"
        case "other port": "https://localhost"
        case "other scheme": "http://\(edge.host)"
        case "look-alike": "\(edge.origin).evil.example"
        case "upper case": "HTTPS://\(edge.host)"
        default: kind
        }
    }

    private func fields(_ row: CrossSiteCase, cookie: String, _ edge: EdgeHarness) -> [String] {
        var fields = row.hasCookie ? [cookie] : []
        for (name, value) in [("Sec-Fetch-Site", row.site), ("Sec-Fetch-Mode", row.mode)] {
            guard let value else { continue }
            fields += value == "twice" ? ["\(name): same-origin", "\(name): same-origin"] : ["\(name): \(value)"]
        }
        if let kind = row.origin {
            let line = "Origin: \(origin(kind, edge))"
            fields += kind == "twice" ? ["Origin: \(edge.origin)", "Origin: \(edge.origin)"] : [line]
        }
        return fields
    }

    @Test("Each row decides over a request as the page says")
    func rows() async throws {
        let table = try RuleTable.load("cross-site")
        // A login would leave the one session behind that the rows need, so the endpoint is logout, which needs none.
        let cases = CrossSiteCase.all(["GET", "OPTIONS", "POST"]).filter {
            !$0.hasBearer && !($0.isAuth && $0.hasCookie)
        }
        let upstream = try await FakeUpstream.answering(ProxyTests.hello)
        let routes = [RouteSettings(prefix: "/api/", upstream: "app", authentication: .optional)]
        try await EdgeHarness.run(upstream, routes: routes, adjust: { $0.allowedOrigins = ["https://partner.example"] })
        { edge in
            let cookie = try await edge.login()
            for index in table.rows.indices {
                let fitting = try cases.filter { try table.decide($0.fits).row == index }
                // The first and the last: a wild card is then tried with two values.
                for row in [try #require(fitting.first, "row \(index + 1)"), fitting[fitting.count - 1]] {
                    let isAllowed = table.rows[index].last == "allow"
                    let path = row.isAuth ? (row.isRead ? "/auth/session" : "/auth/logout") : "/api/x"
                    let answer = try await send(row, path, fields(row, cookie: cookie, edge), edge)
                    let isRefused = answer.hasPrefix("HTTP/1.1 403") && answer.contains("\"code\":\"csrf-refused\"")
                    #expect(isRefused != isAllowed, "row \(index + 1), \(row): \(answer.prefix(200))")
                }
            }
        }
    }

    private func send(_ row: CrossSiteCase, _ path: String, _ fields: [String], _ edge: EdgeHarness) async throws
        -> String
    {
        guard row.isInternal else { return try await edge.exchange(row.method, path, fields) }
        let client = try await edge.connectInternal()
        let head = ["\(row.method) \(path) HTTP/1.1", "Host: localhost:\(edge.internalPort)", "Connection: close"]
        try await client.send((head + fields).joined(separator: "\r\n") + "\r\n\r\n")
        let answer = await client.receiveAll()
        await client.close()
        return answer
    }
}

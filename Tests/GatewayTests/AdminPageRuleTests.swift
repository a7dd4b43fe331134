// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import HTTPTypes
import TestSupport
import Testing

@testable import Gateway

/// Holds `AdminPageRule` to its table in docs/security.md.
@Suite("Which pages the admin listener answers")
struct AdminPageRuleTests {
    private static let authority = "localhost:9090"
    private static let sites: [[String]] = [
        [], ["same-origin"], ["none"], ["same-site"], ["cross-site"], ["Same-Origin"], ["same-origin", "same-origin"],
    ]
    private static let modes: [[String]] = [[], ["navigate"], ["cors"], ["no-cors"], ["navigate", "navigate"]]
    private static let origins: [[String]] = [
        [], ["http://localhost:9090"], ["https://localhost:9090"], ["http://localhost:3000"], ["http://127.0.0.1:9090"],
        ["http://localhost"], ["http://localhost:9090.evil.example"], ["null"], [""],
        ["http://localhost:9090", "http://localhost:9090"],
    ]

    @Test("Every case is judged as the table says, and every row decides one")
    func table() async throws {
        let table = try RuleTable.load("admin")
        var used = Set<Int>()
        for method in [HTTPRequest.Method.get, .head, .post, .delete, .options] {
            await Task.yield()
            for site in Self.sites {
                for mode in Self.modes {
                    for origin in Self.origins {
                        let rule = AdminPageRule(
                            method: method,
                            authority: Self.authority,
                            site: site,
                            mode: mode,
                            origin: origin
                        )
                        let (row, isAllowed) = try table.decide { try Self.fits($0, $1, rule) }
                        used.insert(row)
                        #expect(rule.allows(consoleIsOn: true) == isAllowed, "\(rule)")
                        #expect(rule.allows(consoleIsOn: false) == (site.isEmpty && origin.isEmpty), "\(rule)")
                    }
                }
            }
        }
        #expect(used == Set(table.rows.indices))
    }

    private static func fits(_ column: String, _ cell: String, _ rule: AdminPageRule) throws -> Bool {
        switch (column, cell) {
        case ("Method", "read"): rule.method == .get || rule.method == .head
        case ("Sec-Fetch-Site", "absent"): rule.site.isEmpty
        case ("Sec-Fetch-Site", _): rule.site == [cell]
        case ("Sec-Fetch-Mode", _): rule.mode == [cell]
        case ("Origin", "absent"): rule.origin.isEmpty
        case ("Origin", "own"): [["http://\(authority)"], ["https://\(authority)"]].contains(rule.origin)
        default: throw RuleTable.Failure(description: "the table's \(column) has an unknown cell \(cell)")
        }
    }
}

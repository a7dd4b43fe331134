// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import Testing

@testable import Edge

@Suite("RouteTable")
struct RouteTableTests {
    private func prefix(_ path: String, in prefixes: [String]) -> String? {
        let table = RouteTable(prefixes.map { RouteSettings(prefix: $0, upstream: "u", authentication: .none) })
        return table.match(Array(path.utf8)[...])?.settings.prefix
    }

    private static let prefixes = ["/", "/api/", "/api/tasks/", "/favicon.ico", "/a-b/c"]

    @Test(
        "The longest prefix on a segment border wins",
        arguments: [
            ("/", "/"), ("/x", "/"), ("/api", "/api/"), ("/api/", "/api/"), ("/api/users", "/api/"),
            ("/apix", "/"), ("/api/tasks", "/api/tasks/"), ("/api/tasks/7/x", "/api/tasks/"), ("/api/tasksx", "/api/"),
            ("/favicon.ico", "/favicon.ico"), ("/favicon.icon", "/"), ("/a-b/c/d", "/a-b/c"), ("/API/", "/"),
        ]
    )
    func longest(path: String, expected: String) { #expect(self.prefix(path, in: Self.prefixes) == expected) }

    @Test("Escapes of unreserved characters match what they stand for, others do not")
    func escapes() {
        #expect(self.prefix("/%61pi/tasks/", in: Self.prefixes) == "/api/tasks/")
        #expect(self.prefix("/a%2db/c", in: Self.prefixes) == "/a-b/c")
        #expect(self.prefix("/caf%c3%a9/x", in: ["/caf%C3%A9/"]) == "/caf%C3%A9/")
        #expect(self.prefix("/api%3Atasks/", in: Self.prefixes) == "/")
    }

    @Test("Without a root route nothing matches by accident")
    func noRoot() {
        #expect(self.prefix("/", in: ["/api/"]) == nil)
        #expect(self.prefix("/ap", in: ["/api/"]) == nil)
        #expect(self.prefix("*", in: ["/"]) == nil)
    }

    @Test("A thousand routes are each found")
    func many() {
        let prefixes = (0..<1_000).map { "/service-\($0)/v\($0 % 3)/" }
        let table = RouteTable(prefixes.map { RouteSettings(prefix: $0, upstream: "u", authentication: .none) })
        for prefix in prefixes {
            #expect(table.match(Array((prefix + "item").utf8)[...])?.settings.prefix == prefix)
        }
    }
}

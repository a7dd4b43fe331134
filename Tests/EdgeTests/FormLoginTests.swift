// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import Foundation
import StrictJSON
import TestSupport
import Testing

@testable import Edge

/// Login as a page without JavaScript does it: plain forms in, redirects out.
@Suite("Login by plain HTML forms", .timeLimit(.minutes(5)))
struct FormLoginTests {
    private static let form = "Content-Type: application/x-www-form-urlencoded"
    /// What a browser sends with a form of our own page.
    private static let browser = [form, "Sec-Fetch-Site: same-origin", "Sec-Fetch-Mode: navigate"]

    private func run(
        pages: AuthPages = AuthPages(login: "/login", register: "/join"),
        _ body: (EdgeHarness) async throws -> Void
    ) async throws {
        let upstream = try await FakeUpstream.answering(ProxyTests.hello)
        let routes = [RouteSettings(prefix: "/api/", upstream: "app", authentication: .required)]
        try await EdgeHarness.run(upstream, routes: routes, adjust: { $0.pages = pages }, body)
    }

    private func location(_ answer: String) -> String? {
        answer.split(separator: "\r\n").first { $0.hasPrefix("location: ") }.map { String($0.dropFirst(10)) }
    }

    @Test("A form logs in, lands on next, and logs out to the login page")
    func journey() async throws {
        try await self.run { edge in
            let answer = try await edge.exchange(
                "POST",
                "/auth/login",
                Self.browser,
                body: "username=ana&password=right&next=%2Ftasks%3Fday%3Dtoday"
            )
            #expect(answer.hasPrefix("HTTP/1.1 303"))
            #expect(self.location(answer) == "/tasks?day=today")
            #expect(answer.contains("cache-control: no-store"))
            #expect(answer.contains("set-cookie: __Host-session-until="))
            let sid = try #require(answer.range(of: "set-cookie: __Host-Http-sid=")?.upperBound)
            let cookie = "Cookie: __Host-Http-sid=\(answer[sid...].prefix(43))"
            #expect(try await edge.exchange("GET", "/api/x", [cookie]).hasPrefix("HTTP/1.1 200"))

            let out = try await edge.exchange("POST", "/auth/logout", Self.browser + [cookie])
            #expect(out.hasPrefix("HTTP/1.1 303"))
            #expect(self.location(out) == "/login")
            #expect(out.contains("Max-Age=0"))
            #expect(try await edge.exchange("GET", "/api/x", [cookie]).hasPrefix("HTTP/1.1 401"))
            // Twice is fine: nobody is logged in either way.
            #expect(try await edge.exchange("POST", "/auth/logout-all", Self.browser).hasPrefix("HTTP/1.1 303"))
        }
    }

    @Test("A wrong password goes back to the login page, told why and where to")
    func wrongPassword() async throws {
        try await self.run { edge in
            for (body, place) in [
                ("username=ana&password=wrong", "/login?error=invalid-credentials"),
                ("username=ana&password=wrong&next=/a%26b", "/login?error=invalid-credentials&next=/a%26b"),
                ("username=ana&password=wrong&next=//evil.example", "/login?error=invalid-credentials"),
            ] {
                let answer = try await edge.exchange("POST", "/auth/login", Self.browser, body: body)
                #expect(answer.hasPrefix("HTTP/1.1 303"))
                #expect(self.location(answer) == place)
                #expect(!answer.contains("set-cookie"))
            }
        }
    }

    @Test("next may stand in the form's address; the field wins")
    func nextInQuery() async throws {
        try await self.run { edge in
            let right = "username=ana&password=right"
            let query = try await edge.exchange("POST", "/auth/login?next=%2Fq", Self.browser, body: right)
            #expect(self.location(query) == "/q")
            let both = try await edge.exchange("POST", "/auth/login?next=%2Fq", Self.browser, body: right + "&next=/f")
            #expect(self.location(both) == "/f")
            let unsafe = try await edge.exchange(
                "POST",
                "/auth/login?next=%2Fq",
                Self.browser,
                body: right + "&next=//evil"
            )
            #expect(self.location(unsafe) == "/")
        }
    }

    @Test("A registration lands on next, or back on its page with the fields that were refused")
    func register() async throws {
        try await self.run { edge in
            let new = try await edge.exchange(
                "POST",
                "/auth/register",
                Self.browser,
                body: "username=new&password=right&next=/welcome"
            )
            #expect(self.location(new) == "/welcome")
            #expect(new.contains("set-cookie: __Host-Http-sid="))
            let taken = try await edge.exchange(
                "POST",
                "/auth/register",
                Self.browser,
                body: "username=taken&password=right"
            )
            #expect(self.location(taken) == "/join?error=validation-failed&fields=username")
            // The backend took it, but does not let it in yet.
            let pending = try await edge.exchange(
                "POST",
                "/auth/register",
                Self.browser,
                body: "username=new&password=later&next=/welcome"
            )
            #expect(self.location(pending) == "/login?notice=registered&next=/welcome")
            #expect(!pending.contains("set-cookie"))
        }
    }

    @Test("Without a page to go to, a failed form gets the same answer as a script")
    func noPage() async throws {
        try await self.run(pages: AuthPages()) { edge in
            let wrong = try await edge.exchange("POST", "/auth/login", Self.browser, body: "username=a&password=b")
            #expect(wrong.hasPrefix("HTTP/1.1 401"))
            #expect(wrong.contains("\"code\":\"invalid-credentials\""))
            let out = try await edge.exchange("POST", "/auth/logout", Self.browser)
            #expect(self.location(out) == "/")
        }
    }

    @Test("The sixth failure in a minute tells the page so, and does not reach the backend")
    func throttled() async throws {
        try await self.run { edge in
            for _ in 0..<5 {
                _ = try await edge.exchange("POST", "/auth/login", Self.browser, body: "username=eve&password=wrong")
            }
            let sixth = try await edge.exchange(
                "POST",
                "/auth/login",
                Self.browser,
                body: "username=eve&password=wrong"
            )
            #expect(self.location(sixth) == "/login?error=rate-limited")
            #expect(edge.provider.logins == 5)
        }
    }

    @Test("Another site's form is refused and redirected nowhere")
    func crossSite() async throws {
        try await self.run { edge in
            let fields = [
                Self.form, "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate", "Origin: https://evil.example",
            ]
            let answer = try await edge.exchange("POST", "/auth/login", fields, body: "username=ana&password=right")
            #expect(answer.contains("\"code\":\"csrf-refused\""))
            #expect(self.location(answer) == nil)
        }
    }

    @Test("The type is a form's or JSON's, said once; everything else is 415")
    func types() async throws {
        try await self.run { edge in
            let browser = ["Sec-Fetch-Site: same-origin"]
            let right = "username=ana&password=right"
            for type in [
                "multipart/form-data; boundary=x", "text/plain", "application/x-www-form-urlencoded2",
                "application/xml", "",
            ] {
                let answer = try await edge.exchange(
                    "POST",
                    "/auth/login",
                    ["Content-Type: \(type)"] + browser,
                    body: right
                )
                #expect(answer.contains("\"code\":\"type-refused\""), "\(type)")
            }
            #expect(try await edge.exchange("POST", "/auth/login", browser, body: right).hasPrefix("HTTP/1.1 415"))
            let twice = try await edge.exchange("POST", "/auth/login", [Self.form, Self.form] + browser, body: right)
            #expect(twice.hasPrefix("HTTP/1.1 415"))
            let logout = try await edge.exchange(
                "POST",
                "/auth/logout",
                ["Content-Type: text/plain"] + browser,
                body: "x"
            )
            #expect(logout.hasPrefix("HTTP/1.1 415"))
            for type in [
                "application/x-www-form-urlencoded; charset=UTF-8", "Application/X-WWW-Form-URLencoded",
                "application/x-www-form-urlencoded ;charset=utf-8",
            ] {
                let answer = try await edge.exchange(
                    "POST",
                    "/auth/login",
                    ["Content-Type: \(type)"] + browser,
                    body: right
                )
                #expect(answer.hasPrefix("HTTP/1.1 303"), "\(type)")
            }
        }
    }

    @Test("4 KiB of form and one byte more")
    func size() async throws {
        try await self.run { edge in
            for excess in [0, 1] {
                let start = "username=ana&password=right&more="
                let body = start + String(repeating: "x", count: AuthEndpoint.bodyLimit - start.utf8.count + excess)
                let answer = try await edge.exchange("POST", "/auth/login", Self.browser, body: body)
                #expect(answer.hasPrefix(excess == 0 ? "HTTP/1.1 303" : "HTTP/1.1 413"))
            }
        }
    }
}

@Suite("Form bodies")
struct FormBodyTests {
    private func read(_ text: String) -> [String: String]? {
        do throws(FormBody.Malformed) {
            let fields = try FormBody.fields(Array(text.utf8))
            return Dictionary(uniqueKeysWithValues: fields.map { ($0.name, $0.value.string ?? "") })
        } catch {
            return nil
        }
    }

    @Test(
        "Names and values are decoded as browsers encode them",
        arguments: [
            ("", [:]), ("a=b", ["a": "b"]), ("a", ["a": ""]), ("=b", [:]), ("a=b&&c=d&", ["a": "b", "c": "d"]),
            ("a=b+c%20d", ["a": "b c d"]), ("a=%C3%BC%2B", ["a": "ü+"]), ("a=b=c", ["a": "b=c"]), ("%61=b", ["a": "b"]),
            ("a=ü", ["a": "ü"]), ("a=%00", ["a": "\u{0}"]),
        ] as [(String, [String: String])]
    )
    func good(_ text: String, _ fields: [String: String]) { #expect(self.read(text) == fields) }

    @Test(
        "Half an escape, bytes that are no UTF-8 and a name twice are refused",
        arguments: ["a=%", "a=%4", "a=%zz", "a=%ff", "a=%C3", "a=1&a=2", "a=1&%61=2"]
    )
    func bad(_ text: String) { #expect(self.read(text) == nil) }

    @Test("64 fields and one more")
    func count() {
        let fields = (0..<65).map { "f\($0)=x" }
        #expect(self.read(fields.dropLast().joined(separator: "&"))?.count == 64)
        #expect(self.read(fields.joined(separator: "&")) == nil)
    }
}

@Suite("Where a login may lead")
struct NextPathTests {
    @Test(
        "Paths of this origin",
        arguments: [
            "/", "/tasks", "/tasks/?day=today&x=%20#top", "/a/../b", "/%2F%2Fevil.example", "/a//b", "/@evil", "/a:b",
        ]
    )
    func good(_ path: String) { #expect(NextPath.isSafe(path)) }

    @Test(
        "Never a way to another site, in whatever disguise",
        arguments: [
            "", "tasks", "//evil.example", "///evil.example", "/\\evil.example", "\\/evil.example", "\\\\evil.example",
            "/\t/evil.example", "\t//evil.example", "/\n/evil.example", "/\r\nlocation: x", "/\u{0}", " /tasks",
            "/tas ks",
            "https://evil.example", "https:evil.example", "HTTPS://evil.example/", "javascript:alert(1)",
            "data:text/html,x", "//localhost:8443@evil.example", "/a\\..\\evil", "/ü", "/\u{202E}txt", "/\u{FF0F}evil",
            "?next=/", "#top", ".", "../x", "/\u{7F}", "/.//evil.example", "/..//evil.example", "/a/..//evil.example",
            "/%2e//evil.example", "/.%2E//evil.example",
        ]
    )
    func bad(_ path: String) { #expect(!NextPath.isSafe(path)) }

    @Test("2,048 bytes and one more")
    func length() {
        #expect(NextPath.isSafe("/" + String(repeating: "a", count: 2_047)))
        #expect(!NextPath.isSafe("/" + String(repeating: "a", count: 2_048)))
    }
}

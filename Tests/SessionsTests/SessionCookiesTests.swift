// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import Foundation
import Sessions
import Testing

@Suite("Session cookies")
struct SessionCookiesTests {
    private let sid = SessionID.random()

    private func find(_ values: String...) throws -> SessionID? {
        try SessionCookies.find(in: values.map { Array($0.utf8)[...] })
    }

    private func cut(_ value: String) -> String {
        var output: [UInt8] = []
        SessionCookies.cut(from: Array(value.utf8)[...], into: &output)
        return String(decoding: output, as: UTF8.self)
    }

    @Test("The sid is found among others, and over several fields")
    func finds() throws {
        #expect(try find("a=1; __Host-Http-sid=\(sid.text); b=2") == sid)
        #expect(try find("a=1", "__Host-Http-sid=\(sid.text)") == sid)
        #expect(try find("a=1;__Host-Http-sid = \(sid.text)") == sid)
        #expect(try find("__Host-Http-sidx=\(sid.text)", "__host-http-sid=\(sid.text)") == nil)
    }

    @Test("A malformed sid counts as absent")
    func malformed() throws {
        for text in [
            "", "abc", sid.text + "A", String(sid.text.dropLast()), String(sid.text.dropLast()) + "=",
            "\"\(sid.text)\"",
        ] {
            #expect(try find("__Host-Http-sid=\(text)") == nil, "\(text.count) characters")
        }
    }

    @Test("Two sids are refused, equal, malformed or in two fields")
    func ambiguous() throws {
        let one = "__Host-Http-sid=\(sid.text)"
        #expect(throws: SessionCookies.Ambiguous.self) { try find("\(one); \(one)") }
        #expect(throws: SessionCookies.Ambiguous.self) { try find(one, "__Host-Http-sid=x") }
        #expect(throws: SessionCookies.Ambiguous.self) { try find("\(one); __Host-Http-sid") }
    }

    @Test("The lines set what login.md says, the sid's within 160 bytes")
    func lines() {
        let now = Date(timeIntervalSince1970: 1000)
        let lines = SessionCookies.set(sid, until: now.addingTimeInterval(366 * 86_400), now: now, sameSite: .strict)
        #expect(lines[0] == "__Host-Http-sid=\(sid.text); Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=31622400")
        #expect(lines[0].utf8.count <= 160)
        let lax = SessionCookies.set(sid, until: now.addingTimeInterval(60.2), now: now)
        #expect(lax[1] == "__Host-session-until=1061; Path=/; Secure; SameSite=Lax; Max-Age=61")
        #expect(SessionCookies.clear()[0] == "__Host-Http-sid=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0")
    }

    @Test(
        "Cutting leaves every other byte as it came",
        arguments: [
            ("a=1; __Host-Http-sid=x; b=2", "a=1; b=2"), ("__Host-Http-sid=x", ""), ("__Host-Http-sid=x; a=1", "a=1"),
            ("a=1;b=\"q\";__Host-session-until=3", "a=1;b=\"q\""), ("a=1;  b=2", "a=1;  b=2"), ("", ""),
            ("__Host-Http-sidecar=1; __Host-Http-sid = x", "__Host-Http-sidecar=1"), ("__Host-Http-sid; c=é", "c=é"),
        ]
    )
    func cuts(_ input: String, _ expected: String) {
        #expect(cut(input) == expected)
    }

    @Test("A sid never prints")
    func silent() {
        #expect("\(sid)" == "•••" && String(reflecting: sid) == "•••")
        #expect(!"\(SessionKey(sid))".contains(sid.text))
        #expect(SessionID(sid.text) == sid && SessionKey(SessionKey(sid).text) == SessionKey(sid))
    }
}

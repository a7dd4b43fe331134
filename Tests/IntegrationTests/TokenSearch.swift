// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation
internal import Synchronization
internal import Testing

/// No token may leave the gateway: everything integration tests receive from it, and every line a process of theirs logs, is
/// searched as it arrives, and a find fails the test that made it.
///
/// Searched for: anything of a JWS's shape, anything of 43 base64url characters (session ids, our refresh tokens), and
/// every token that a test's own back end issued.
enum TokenSearch {
    private static let known = Mutex<Set<String>>([])
    private static let sids = Mutex<Set<String>>([])

    /// Tokens of a test's own back end.
    static func remember(_ tokens: [String]) { known.withLock { $0.formUnion(tokens) } }
    static func rememberSID(_ sid: String) { sids.withLock { _ = $0.insert(sid) } }

    static func check(_ fields: [(String, String)], body: String, of request: String) {
        for (name, value) in fields {
            // The one place the session id belongs to.
            if name.lowercased() == "set-cookie", value.hasPrefix("__Host-Http-sid=") { continue }
            report(find(in: value), in: "header \(name) of \(request)")
        }
        report(find(in: body), in: "body of \(request)")
    }

    static func check(log line: String) { report(find(in: line), in: "log: \(line.prefix(80)) …") }
    static func check(frame: String) { report(find(in: frame), in: "a frame") }

    /// What was found, not itself; `nil`: nothing.
    static func find(in text: String) -> String? {
        if text.contains(/eyJ[A-Za-z0-9_-]{6,}\.[A-Za-z0-9_-]{6,}/) { return "a JWS" }
        if known.withLock({ $0.contains { text.contains($0) } }) { return "a back end's token" }
        if sids.withLock({ $0.contains { text.contains($0) } }) { return "a session id" }
        if text.contains(/(^|[^A-Za-z0-9_\-\/+.])[A-Za-z0-9_-]{43}($|[^A-Za-z0-9_\-\/+=.])/) {
            return "43 characters of base64url"
        }
        return nil
    }

    private static func report(_ found: String?, in place: String) {
        if let found { Issue.record("\(found) in \(place)") }
    }
}

@Suite("The search for tokens")
struct TokenSearchTests {
    private static let jws = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI3In0.c2lnbmF0dXJlLWJ5dGVz"
    private static let opaque = String(repeating: "aB3_-", count: 8) + "xyz"

    @Test(
        "It finds tokens wherever they stand",
        arguments: [
            jws, "a \(jws)", #"{"token":"\#(jws)"}"#, "Authorization: Bearer \(jws)", "/path?token=\(jws)&x=1",
            "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI3In0", opaque, #"{"refresh_token":"\#(opaque)"}"#, "sid=\(opaque);",
            "x\n\(opaque)\n",
        ]
    )
    func finds(_ text: String) { #expect(TokenSearch.find(in: text) != nil) }

    @Test(
        "It leaves everything else alone",
        arguments: [
            "", "eyJ", "a.b.c", #"{"id":"8yLJyZ3tYf2JxWQ0o1pQ2w"}"#, String(repeating: "a", count: 42),
            String(repeating: "a", count: 44),
            "sha256-\(opaque)=", "/very/\(opaque)/path.js",
        ]
    )
    func passes(_ text: String) { #expect(TokenSearch.find(in: text) == nil) }

    @Test("It knows the tokens of a test's back end and the session ids of its browsers")
    func remembers() {
        let (token, sid) = ("an-opaque-\(UUID().uuidString)", "sid-\(UUID().uuidString)")
        #expect(TokenSearch.find(in: "x \(token)") == nil)
        TokenSearch.remember([token])
        TokenSearch.rememberSID(sid)
        #expect(TokenSearch.find(in: "x \(token)") != nil)
        #expect(TokenSearch.find(in: "x \(sid)") != nil)
    }

    @Test("A find fails the test it is made in: in a body, a header, a log line and a frame")
    func fails() {
        withKnownIssue { TokenSearch.check([], body: Self.jws, of: "GET /") }
        withKnownIssue { TokenSearch.check([("Location", "/x?t=\(Self.jws)")], body: "", of: "GET /") }
        withKnownIssue { TokenSearch.check(log: Self.jws) }
        withKnownIssue { TokenSearch.check(frame: Self.jws) }
        TokenSearch.check([("Set-Cookie", "__Host-Http-sid=\(Self.opaque); Path=/")], body: "{}", of: "GET /")
    }
}

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

    /// What was found, not itself; `nil`: nothing. Every frame and log line of a run passes here: by bytes, in one pass.
    static func find(in text: String) -> String? {
        Array(text.utf8).withUnsafeBytes { bytes in
            if known.withLock({ $0.contains { bytes.contains($0) } }) { return "a back end's token" }
            if sids.withLock({ $0.contains { bytes.contains($0) } }) { return "a session id" }
            return shape(in: bytes)
        }
    }

    /// Tokens by their look: runs of base64url, alone or joined by a dot.
    private static func shape(in bytes: UnsafeRawBufferPointer) -> String? {
        var (end, afterHeader) = (0, false)
        while end < bytes.count {
            var start = end
            while start < bytes.count, !isBase64URL(bytes[start]) { start += 1 }
            let joined = start == end + 1 && bytes[end] == UInt8(ascii: ".")
            let left = start == 0 ? nil : bytes[start - 1]
            end = start
            while end < bytes.count, isBase64URL(bytes[end]) { end += 1 }
            let run = UnsafeRawBufferPointer(rebasing: bytes[start..<end])
            if joined, afterHeader, run.count >= 6 { return "a JWS" }
            afterHeader = run.offset(of: "eyJ").map { run.count - $0 >= 9 } ?? false
            let right = end == bytes.count ? nil : bytes[end]
            let isBounded =
                !"/+.".utf8.contains(where: { $0 == left }) && !"/+=.".utf8.contains(where: { $0 == right })
            if run.count == 43, isBounded, !isKeyID(at: start, in: bytes) {
                return "43 characters of base64url"
            }
        }
        return nil
    }

    /// A public key's thumbprint is as long, and is no secret: where the text says that it is one.
    private static func isKeyID(at start: Int, in bytes: UnsafeRawBufferPointer) -> Bool {
        ["\"kid\":\"", "kid "].contains { word in
            start >= word.utf8.count && bytes[(start - word.utf8.count)..<start].elementsEqual(word.utf8)
        }
    }

    private static func isBase64URL(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x5F: true
        default: false
        }
    }

    private static func report(_ found: String?, in place: String) {
        if let found { Issue.record("\(found) in \(place)") }
    }
}

extension UnsafeRawBufferPointer {
    fileprivate func contains(_ text: String) -> Bool { offset(of: text) != nil }

    fileprivate func offset(of text: String) -> Int? {
        let part = Array(text.utf8)
        guard let base = baseAddress, let first = part.first, part.count <= count else { return nil }
        var start = 0
        while start + part.count <= count {
            let rest = count - part.count - start + 1
            guard let hit = memchr(base + start, Int32(first), rest) else { return nil }
            start = UnsafeRawPointer(hit) - base
            if memcmp(hit, part, part.count) == 0 { return start }
            start += 1
        }
        return nil
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
            "sha256-\(opaque)=", "/very/\(opaque)/path.js", #"{"kid":"\(opaque)"}"#, "dropped kid \(opaque)",
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

// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import Logging
import StrictJSON
import TestSupport
import Testing

@testable import Tokens

@Suite("Revoked tokens")
struct RevocationTests {
    private static let now = TokenForge.now

    private func token(
        _ id: String? = "a",
        of user: String = "42",
        by issuer: String? = "https://issuer.test",
        issuedAt: Int64? = Self.now - 10
    ) -> VerifiedToken {
        VerifiedToken(subject: user, issuer: issuer, expiresAt: Self.now + 300, issuedAt: issuedAt, id: id)
    }

    private func list(_ entries: RevocationList.Entry...) throws -> RevocationList {
        var list = RevocationList()
        for entry in entries { try list.insert(entry, now: Self.now) }
        return list
    }

    @Test("By jti: that token, whoever issued it, or one issuer's alone")
    func byID() throws {
        let any = try self.list(.init(.token("a"), until: Self.now + 300))
        #expect(any.refuses(self.token("a")))
        #expect(any.refuses(self.token("a", by: nil)))
        #expect(!any.refuses(self.token("b")))
        #expect(!any.refuses(self.token(nil)))
        let one = try self.list(.init(.token("a"), issuer: "https://issuer.test", until: Self.now + 300))
        #expect(one.refuses(self.token("a")))
        #expect(!one.refuses(self.token("a", by: "https://other.test")))
        #expect(!one.refuses(self.token("a", by: nil)))
    }

    @Test("By user: what was issued up to that second, and what does not say when")
    func byUser() throws {
        let list = try self.list(.init(.user("42", issuedUntil: Self.now), until: Self.now + 300))
        #expect(list.refuses(self.token(issuedAt: Self.now - 10)))
        #expect(list.refuses(self.token(issuedAt: Self.now)))
        #expect(!list.refuses(self.token(issuedAt: Self.now + 1)))
        #expect(list.refuses(self.token(issuedAt: nil)))
        #expect(!list.refuses(self.token(of: "43")))
        let one = try self.list(
            .init(.user("42", issuedUntil: Self.now), issuer: "https://other.test", until: Self.now + 300)
        )
        #expect(!one.refuses(self.token()))
        #expect(one.refuses(self.token(by: "https://other.test")))
    }

    @Test("A second entry for the same widens the first, never narrows it")
    func widen() throws {
        var list = try self.list(.init(.user("42", issuedUntil: Self.now), until: Self.now + 300))
        try list.insert(.init(.user("42", issuedUntil: Self.now - 50), until: Self.now + 10), now: Self.now)
        #expect(list.count == 1)
        list.sweep(now: Self.now + 299)
        #expect(list.refuses(self.token(issuedAt: Self.now)))
        list.sweep(now: Self.now + 300)
        #expect(list.isEmpty)
    }

    @Test("A full list refuses one more and forgets none; what is over makes room")
    func full() throws {
        var list = RevocationList(capacity: 2)
        try list.insert(.init(.token("a"), until: Self.now + 10), now: Self.now)
        try list.insert(.init(.user("42", issuedUntil: Self.now), until: Self.now + 20), now: Self.now)
        #expect(throws: RevocationList.Full()) {
            try list.insert(.init(.token("b"), until: Self.now + 9), now: Self.now)
        }
        #expect(list.refuses(self.token("a", of: "1")))
        // The same once more needs no room.
        try list.insert(.init(.token("a"), until: Self.now + 10), now: Self.now)
        try list.insert(.init(.token("b"), until: Self.now + 30), now: Self.now + 10)
        #expect(list.refuses(self.token("b", of: "1")))
        #expect(!list.refuses(self.token("a", of: "1")))
        try list.insert(.init(.token("late"), until: Self.now), now: Self.now)
        #expect(!list.refuses(self.token("late", of: "1")))
    }

    private func authority(_ forge: TokenForge) -> TokenAuthority {
        TokenAuthority(
            profiles: [forge.profile],
            source: ScriptedKeySource([]),
            clock: SteppedClock(),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
    }

    @Test("The authority refuses what was revoked, and nothing else")
    func authority() throws {
        let forge = try TokenForge()
        let authority = self.authority(forge)
        let (bad, good) = (try forge.token(claims: ["jti": "bad"]), try forge.token(claims: ["jti": "good"]))
        #expect(try authority.verifyNow(bad, now: Self.now).id == "bad")
        let epoch = authority.revocationEpoch
        try authority.revoke(.init(.token("bad"), until: Self.now + 300), now: Self.now)
        #expect(authority.revocationEpoch != epoch)
        #expect(throws: TokenError(.revoked)) { try authority.verifyNow(bad, now: Self.now) }
        #expect(try authority.verifyNow(good, now: Self.now).id == "good")
        authority.replaceRevocations(with: RevocationList())
        #expect(try authority.verifyNow(bad, now: Self.now).id == "bad")
    }

    @Test("Until the list was read no token passes: doubt opens no door")
    func unknown() throws {
        let forge = try TokenForge()
        let authority = self.authority(forge)
        authority.expectRevocations()
        let token = try forge.token()
        #expect(throws: TokenError(.revocationsUnavailable)) { try authority.verifyNow(token, now: Self.now) }
        // A bad signature is a bad signature, whatever the list says.
        #expect(throws: TokenError(.signature)) {
            try authority.verifyNow(String(token.dropLast(8)) + "AAAAAAAA", now: Self.now)
        }
        authority.replaceRevocations(with: RevocationList())
        #expect(try authority.verifyNow(token, now: Self.now).subject == "42")
    }

    @Test("A cached verdict is weighed again once per change, and void when it was revoked")
    func cache() {
        var cache = TokenCache(capacity: 4)
        let token = self.token()
        cache.store("t", token, now: Self.now, epoch: 1)
        var asked = 0
        func look(_ epoch: UInt64, revoked: Bool = false) -> VerifiedToken? {
            cache.lookup("t", now: Self.now, generation: 0, epoch: epoch) { _ in
                asked += 1
                return revoked
            }
        }
        #expect(look(1) == token)
        #expect(asked == 0)
        #expect(look(2) == token)
        #expect(look(2) == token)
        #expect(asked == 1)
        #expect(look(3, revoked: true) == nil)
        #expect(look(3) == nil)
        // In the older half too.
        cache.store("t", token, now: Self.now, epoch: 3)
        for name in ["x", "y", "z"] { cache.store(name, token, now: Self.now, epoch: 3) }
        #expect(look(4, revoked: true) == nil)
    }
}

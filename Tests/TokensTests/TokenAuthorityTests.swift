// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import Logging
import StrictJSON
import TestSupport
import Testing

@testable import Tokens

@Suite("The token authority")
struct TokenAuthorityTests {
    private let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    private func authority(_ forge: TokenForge, _ source: ScriptedKeySource, _ clock: SteppedClock) -> TokenAuthority {
        var profile = forge.profile
        profile.source = .jwks("http://127.0.0.1:1/jwks")
        return TokenAuthority(profiles: [profile], source: source, clock: clock, logger: self.logger)
    }

    private func reason(_ body: () async throws(TokenError) -> VerifiedToken) async -> TokenError.Reason? {
        do throws(TokenError) {
            _ = try await body()
            return nil
        } catch {
            return error.reason
        }
    }

    @Test("The first request fetches the keys; the next needs no waiting; the generation moved once")
    func first() async throws {
        let forge = try TokenForge()
        let source = ScriptedKeySource([.keys(forge.keys)])
        let authority = self.authority(forge, source, SteppedClock())
        let token = try forge.token()
        #expect(!authority.isReady)
        #expect(throws: TokenError(.keysUnavailable)) { try authority.verifyNow(token, now: TokenForge.now) }
        #expect(try await authority.verify(token, now: TokenForge.now).generation == 1)
        #expect(try authority.verifyNow(token, now: TokenForge.now).subject == "42")
        #expect(authority.generation == 1)
        #expect(authority.isReady)
        #expect(source.asked == 1)
    }

    @Test("Fifty requests that lack the keys wait for one fetch")
    func together() async throws {
        let forge = try TokenForge()
        let source = ScriptedKeySource([.keys(forge.keys)])
        let authority = self.authority(forge, source, SteppedClock())
        let token = try forge.token()
        await withTaskGroup(of: TokenError.Reason?.self) { group in
            for _ in 0..<50 {
                group.addTask {
                    await self.reason { () async throws(TokenError) in
                        try await authority.verify(token, now: TokenForge.now)
                    }
                }
            }
            for await reason in group { #expect(reason == nil) }
        }
        #expect(source.asked == 1)
    }

    @Test("Keys that cannot be had are 503's reason, not 401's")
    func down() async throws {
        let forge = try TokenForge()
        let source = ScriptedKeySource([.failure])
        let authority = self.authority(forge, source, SteppedClock())
        let token = try forge.token()
        #expect(
            await self.reason { () async throws(TokenError) in try await authority.verify(token, now: TokenForge.now) }
                == .keysUnavailable
        )
        #expect(
            await self.reason { () async throws(TokenError) in try await authority.verify(token, now: TokenForge.now) }
                == .keysUnavailable
        )
        #expect(source.asked == 1)
    }

    @Test("A rolled key works on its first request, the old one is refused from then on")
    func rotation() async throws {
        let old = try TokenForge()
        let new = try TokenForge()
        let source = ScriptedKeySource([.keys(old.keys), .keys(new.keys)])
        let clock = SteppedClock()
        let authority = self.authority(old, source, clock)
        _ = try await authority.verify(try old.token(), now: TokenForge.now)
        clock.advance(by: .seconds(30))
        let fresh = try new.token()
        let stale = try old.token()
        #expect(try await authority.verify(fresh, now: TokenForge.now).generation == 2)
        #expect(
            await self.reason { () async throws(TokenError) in try await authority.verify(stale, now: TokenForge.now) }
                == .unknownKey
        )
        #expect(authority.generation == 2)
        #expect(source.asked == 2)
    }

    @Test("An unknown kid is looked for once, then refused from memory; known keys are not affected")
    func unknown() async throws {
        let forge = try TokenForge()
        let source = ScriptedKeySource([.keys(forge.keys)])
        let clock = SteppedClock()
        let authority = self.authority(forge, source, clock)
        let good = try forge.token()
        _ = try await authority.verify(good, now: TokenForge.now)
        clock.advance(by: .seconds(31))
        let bad = try forge.token(header: ["kid": "nowhere"])
        for _ in 0..<10 {
            #expect(
                await self.reason { () async throws(TokenError) in try await authority.verify(bad, now: TokenForge.now)
                } == .unknownKey
            )
        }
        #expect(source.asked == 2)
        #expect(try authority.verifyNow(good, now: TokenForge.now).subject == "42")
        #expect(authority.generation == 1)
    }

    @Test("A failed fetch for an unknown kid is doubt, and 503")
    func doubt() async throws {
        let forge = try TokenForge()
        let source = ScriptedKeySource([.keys(forge.keys), .failure])
        let clock = SteppedClock()
        let authority = self.authority(forge, source, clock)
        _ = try await authority.verify(try forge.token(), now: TokenForge.now)
        clock.advance(by: .seconds(31))
        let bad = try forge.token(header: ["kid": "nowhere"])
        #expect(
            await self.reason { () async throws(TokenError) in try await authority.verify(bad, now: TokenForge.now) }
                == .keysUnavailable
        )
    }

    @Test("In the background: quick retries at start, renewal ahead, and nothing older than 24 h past its life")
    func background() async throws {
        let forge = try TokenForge()
        let source = ScriptedKeySource([.failure, .failure, .keys(forge.keys)])
        let clock = SteppedClock()
        let authority = self.authority(forge, source, clock)
        let running = Task { try await authority.run() }
        try await eventually { source.asked == 1 && clock.sleeperCount == 1 }
        clock.advance(by: .milliseconds(200))
        try await eventually { source.asked == 2 && clock.sleeperCount == 1 }
        clock.advance(by: .milliseconds(400))
        try await eventually { authority.isReady && clock.sleeperCount == 1 }
        source.set(.failure)
        for _ in 0..<19 {
            clock.advance(by: .seconds(30))
            try await eventually { clock.sleeperCount == 1 }
        }
        #expect(source.asked >= 4)
        #expect(authority.isReady)
        // Loaded at 0.6 s for 600 s: 24 h after that is the end.
        clock.advance(by: .seconds(86_400 + 29))
        try await eventually { clock.sleeperCount == 1 }
        #expect(authority.isReady)
        clock.advance(by: .seconds(1))
        try await eventually { !authority.isReady }
        #expect(authority.generation == 2)
        running.cancel()
        try await running.value
    }

    @Test("An issuer with keys of its own is never asked")
    func fixed() async throws {
        let forge = try TokenForge()
        let source = ScriptedKeySource([.failure])
        let authority = TokenAuthority(profiles: [forge.profile], source: source, logger: self.logger)
        let bad = try forge.token(header: ["kid": "x"])
        #expect(
            await self.reason { () async throws(TokenError) in try await authority.verify(bad, now: TokenForge.now) }
                == .unknownKey
        )
        #expect(source.asked == 0)
    }

    @Test("Other issuers: one that stays keeps its keys, one that goes is unknown, verdicts given so far are void")
    func replace() async throws {
        let forge = try TokenForge()
        let source = ScriptedKeySource([.keys(forge.keys)])
        let authority = self.authority(forge, source, SteppedClock())
        let token = try forge.token()
        let before = try await authority.verify(token, now: TokenForge.now)

        var kept = forge.profile
        kept.source = .jwks("http://127.0.0.1:1/jwks")
        var further = forge.profile
        further.iss = "https://further.test"
        further.source = .jwks("http://127.0.0.1:2/jwks")
        authority.replace(profiles: [further, kept])
        #expect(try authority.verifyNow(token, now: TokenForge.now).generation > before.generation)
        #expect(source.asked == 1)
        #expect(!authority.isReady)
        let other = try forge.token(claims: ["iss": "https://further.test"])
        #expect(try await authority.verify(other, now: TokenForge.now).issuer == "https://further.test")
        #expect(source.asked == 2)
        #expect(authority.isReady)

        authority.replace(profiles: [further])
        #expect(throws: TokenError(.issuerUnknown)) { try authority.verifyNow(token, now: TokenForge.now) }
        #expect(try authority.verifyNow(other, now: TokenForge.now).subject == "42")
    }

    @Test("An issuer that comes with a reload is kept fresh without a request")
    func arrival() async throws {
        let forge = try TokenForge()
        let source = ScriptedKeySource([.keys(forge.keys)])
        let authority = TokenAuthority(profiles: [], source: source, clock: SteppedClock(), logger: self.logger)
        let run = Task { try await authority.run() }
        var profile = forge.profile
        profile.source = .jwks("http://127.0.0.1:1/jwks")
        authority.replace(profiles: [profile])
        try await eventually { authority.isReady }
        #expect(try authority.verifyNow(try forge.token(), now: TokenForge.now).subject == "42")
        run.cancel()
        try await run.value
    }
}

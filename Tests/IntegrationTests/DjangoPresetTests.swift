// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation
internal import Gateway
internal import Logging
internal import NIOPosix
internal import Sessions
internal import StrictJSON
internal import TestSupport
internal import Testing
internal import Tokens

/// The login presets against real Django projects (login.md §3, interop.md §4): what the gateway's provider makes of answers
/// nobody wrote for it.
@Suite(
    "Login presets against real Django",
    .serialized,
    .enabled(if: DjangoProcess.isAvailable),
    .timeLimit(.minutes(5))
)
struct DjangoPresetTests {
    static let ana: JSONValue = ["username": "ana", "password": .string(DjangoProcess.password)]

    private func provider(
        _ django: DjangoProcess,
        _ name: LoginPreset.Name,
        _ adjust: (inout LoginPreset) -> Void = { _ in }
    ) -> UpstreamIdentityProvider {
        var preset = LoginPreset(name)
        adjust(&preset)
        return UpstreamIdentityProvider(
            preset: preset,
            addresses: { [address = django.address] in [address] },
            publicHost: { "localhost:8443" },
            tokens: nil,
            group: MultiThreadedEventLoopGroup.singleton,
            // A login of a busy machine, not of a broken one.
            timeout: .seconds(30),
            logger: Logger(label: "interop") { _ in SwiftLogNoOpLogHandler() }
        )
    }

    private func failure(_ body: () async throws(IdentityError) -> Void) async -> IdentityError? {
        do throws(IdentityError) {
            try await body()
            return nil
        } catch {
            return error
        }
    }

    /// Everything a preset without rotation does, which all three share.
    private func plain(_ provider: UpstreamIdentityProvider) async throws {
        let login = try await provider.login(Self.ana)
        #expect(login.subject == "1")
        #expect(login.claims["token_type"] == "access")
        let refreshToken = try #require(login.refreshToken)
        let life = login.accessEnd.timeIntervalSinceNow
        #expect(life > 200 && life <= 300)
        #expect(try #require(login.refreshEnd) > login.accessEnd)

        let refreshed = try await provider.refresh(refreshToken)
        #expect(refreshed.subject == "1")
        #expect(refreshed.accessToken != login.accessToken)
        #expect(refreshed.refreshToken == nil, "without rotation the old one stays")
        #expect(try await provider.refresh(refreshToken).subject == "1")

        // An access token where a refresh token belongs, and the other way round.
        #expect(
            await failure { () async throws(IdentityError) in _ = try await provider.refresh(login.accessToken) }
                == .refused
        )
        #expect(
            await failure { () async throws(IdentityError) in _ = try await provider.refresh("nonsense") } == .refused
        )

        for wrong: JSONValue in [
            ["username": "ana", "password": "wrong"], ["username": "nobody", "password": "wrong"],
        ] {
            #expect(
                await failure { () async throws(IdentityError) in _ = try await provider.login(wrong) }
                    == .invalidCredentials
            )
        }
        let missing = await failure { () async throws(IdentityError) in
            _ = try await provider.login(["username": "ana"])
        }
        guard case .validationFailed(let errors) = missing else {
            Issue.record("a missing field is the field's error: \(String(describing: missing))")
            return
        }
        #expect(errors["password"] != nil)
    }

    /// Rotation with a blacklist: each refresh token works once.
    private func rotating(_ provider: UpstreamIdentityProvider) async throws {
        let first = try #require(try await provider.login(Self.ana).refreshToken)
        let answer = try await provider.refresh(first)
        let second = try #require(answer.refreshToken)
        #expect(second != first)
        #expect(answer.refreshEnd != nil)
        #expect(await failure { () async throws(IdentityError) in _ = try await provider.refresh(first) } == .refused)
        let third = try #require(try await provider.refresh(second).refreshToken)
        // Logout: the backend knows it no more, and a second time is no accident.
        #expect(await failure { () async throws(IdentityError) in try await provider.revoke(third) } == nil)
        #expect(await failure { () async throws(IdentityError) in _ = try await provider.refresh(third) } == .refused)
        #expect(await failure { () async throws(IdentityError) in try await provider.revoke(third) } == .refused)
    }

    @Test("simplejwt: login, refresh, wrong passwords and wrong kinds of token")
    func simplejwt() async throws {
        let django = try await DjangoProcess.start(.simplejwt)
        let provider = provider(django, .simplejwt)
        try await plain(provider)
        // No path, no revocation, no registration: the preset's documented default.
        #expect(await failure { () async throws(IdentityError) in try await provider.revoke("x") } == .notOffered)
        #expect(
            await failure { () async throws(IdentityError) in try await provider.register(Self.ana) } == .notOffered
        )
    }

    @Test("simplejwt with rotation and blacklist: a refresh token works once, revoking one ends it")
    func simplejwtRotating() async throws {
        let django = try await DjangoProcess.start(.simplejwt, .init(rotates: true, blacklists: true))
        try await rotating(provider(django, .simplejwt) { $0.paths.revoke = "/api/token/blacklist/" })
    }

    @Test("simplejwt 5.4 names the user by a number, 5.5 by a string: one user")
    func numberAndString() async throws {
        let older = try await DjangoProcess.start(.simplejwt, .init(usesOlderSimplejwt: true))
        let login = try await provider(older, .simplejwt).login(Self.ana)
        #expect(login.claims["user_id"] == 1)
        #expect(login.subject == "1")
        let newer = try await DjangoProcess.start(.simplejwt)
        let other = try await provider(newer, .simplejwt).login(Self.ana)
        #expect(other.claims["user_id"] == "1")
        #expect(other.subject == login.subject)
    }

    @Test("djoser: the same shapes under its own paths, and registration with its field errors")
    func djoser() async throws {
        let django = try await DjangoProcess.start(.djoser)
        let provider = provider(django, .djoser)
        try await plain(provider)
        let bea: JSONValue = ["username": "bea", "password": .string(DjangoProcess.password)]
        #expect(await failure { () async throws(IdentityError) in try await provider.register(bea) } == nil)
        #expect(try await provider.login(bea).subject == "2")
        let again = await failure { () async throws(IdentityError) in try await provider.register(bea) }
        guard case .validationFailed(let errors) = again else {
            Issue.record("a taken name is a field's error: \(String(describing: again))")
            return
        }
        #expect(errors["username"] != nil)
    }

    @Test("djoser with rotation and blacklist")
    func djoserRotating() async throws {
        let django = try await DjangoProcess.start(.djoser, .init(rotates: true, blacklists: true))
        // djoser has no revocation path of its own: without one the old tokens run out by themselves.
        let provider = provider(django, .djoser)
        let first = try #require(try await provider.login(Self.ana).refreshToken)
        #expect(try await provider.refresh(first).refreshToken != nil)
        #expect(await failure { () async throws(IdentityError) in _ = try await provider.refresh(first) } == .refused)
    }

    @Test("dj-rest-auth: login, refresh, registration under two passwords")
    func djRestAuth() async throws {
        let django = try await DjangoProcess.start(.djRestAuth)
        let provider = provider(django, .djRestAuth)
        try await plain(provider)
        #expect(try await provider.login(Self.ana).profile["username"] == "ana")
        let bea: JSONValue = ["username": "bea", "password": .string(DjangoProcess.password)]
        #expect(await failure { () async throws(IdentityError) in try await provider.register(bea) } == nil)
        #expect(try await provider.login(bea).subject == "2")
        let again = await failure { () async throws(IdentityError) in try await provider.register(bea) }
        guard case .validationFailed(let errors) = again else {
            Issue.record("a taken name is a field's error: \(String(describing: again))")
            return
        }
        #expect(errors["username"] != nil)
    }

    @Test("dj-rest-auth with rotation and blacklist, the refresh token in the body")
    func djRestAuthRotating() async throws {
        let django = try await DjangoProcess.start(.djRestAuth, .init(rotates: true, blacklists: true))
        try await rotating(provider(django, .djRestAuth))
    }

    @Test("dj-rest-auth with JWT_AUTH_HTTPONLY: an empty refresh is found in its cookie, at login, refresh and logout")
    func djRestAuthHTTPOnly() async throws {
        let django = try await DjangoProcess.start(
            .djRestAuth,
            .init(rotates: true, blacklists: true, isHTTPOnly: true)
        )
        try await rotating(provider(django, .djRestAuth) { $0.refreshCookie = "app-refresh" })
        // Without the setting there is no refresh token: the session ends with its access token, and nothing else breaks.
        #expect(try await provider(django, .djRestAuth).login(Self.ana).refreshToken == nil)
    }
}

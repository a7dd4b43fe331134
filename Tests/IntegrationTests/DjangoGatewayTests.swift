// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation
internal import StrictJSON
internal import TestSupport
internal import Testing

/// A browser in front of a gateway process in front of a real Django project, for each preset.
@Suite(
    "A gateway in front of real Django",
    .serialized,
    .enabled(if: DjangoProcess.isAvailable && RedisProcess.isAvailable),
    .timeLimit(.minutes(5))
)
struct DjangoGatewayTests {
    struct Setup: Sendable, CustomTestStringConvertible {
        var preset: DjangoProcess.Preset
        var options = DjangoProcess.Options(accessSeconds: 12)
        /// The rest of `sessions:`.
        var login: String
        /// What the logout leaves on Django's blacklist, beside what rotation put there.
        var revokes = false
        var testDescription: String { "\(login), \(options)" }
    }

    static let setups = [
        Setup(preset: .simplejwt, login: "login: simplejwt"),
        Setup(
            preset: .simplejwt,
            options: .init(rotates: true, blacklists: true, accessSeconds: 12),
            login: "login: simplejwt, revokePath: /api/token/blacklist/",
            revokes: true
        ),
        Setup(preset: .djoser, options: .init(rotates: true, accessSeconds: 12), login: "login: djoser"),
        Setup(
            preset: .djRestAuth,
            options: .init(rotates: true, blacklists: true, isHTTPOnly: true, accessSeconds: 12),
            login: "login: dj-rest-auth, refreshCookie: app-refresh",
            revokes: true
        ),
    ]

    @Test("Login, an API call as that user, refresh ahead of expiry, logout", arguments: setups)
    func journey(_ setup: Setup) async throws {
        let django = try await DjangoProcess.start(setup.preset, setup.options)
        let fleet = try await GatewayFleet.start(1, backend: django.port, login: setup.login)
        let browser = fleet.browser()
        let wrong = try await browser.send("POST", "/auth/login", json: #"{"username":"ana","password":"wrong"}"#)
        #expect(wrong.status == 401)
        #expect(wrong.json?["code"] == "invalid-credentials")
        #expect(wrong.header("set-cookie") == nil)

        let login = try await browser.send(
            "POST",
            "/auth/login",
            json: #"{"username":"ana","password":"\#(DjangoProcess.password)"}"#
        )
        #expect(login.status == 200, "\(login.body)\n\(fleet.logs)")
        #expect(login.json?["user"]?["id"] == "1")
        #expect(login.json?["user"]?["username"] == "ana")
        // Ours alone: none of Django's session, CSRF or token cookies.
        let cookies = login.headers.filter { $0.0.lowercased() == "set-cookie" }.map { $0.1.prefix { $0 != "=" } }
        #expect(cookies.sorted() == ["__Host-Http-sid", "__Host-session-until"])

        let first = try await browser.send("GET", "/api/whoami/")
        #expect(first.status == 200, "\(first.body)")
        #expect(first.json?["user"] == "ana")
        let token = first.json?["token"]
        // Well before its end the token is another one, and nobody has noticed.
        try await eventually(within: .seconds(60)) {
            let answer = try await browser.send("GET", "/api/whoami/")
            #expect(answer.status == 200)
            #expect(answer.header("set-cookie") == nil)
            return answer.json?["token"] != token
        }

        let before = try await revoked(django)
        #expect(try await browser.send("POST", "/auth/logout").status == 204)
        #expect(try await browser.send("GET", "/api/whoami/").status == 401)
        if setup.revokes { try await eventually(within: .seconds(30)) { try await revoked(django) == before + 1 } }
        await fleet.end()
    }

    private func revoked(_ django: DjangoProcess) async throws -> Int64 {
        let answer = try await PlainHTTP.send("GET", port: django.port, "/interop/revoked/")
        return try #require(answer.json?["revoked"]?.integer, "\(answer.status) \(answer.body)")
    }
}

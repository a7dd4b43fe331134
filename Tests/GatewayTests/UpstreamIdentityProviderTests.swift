// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import Foundation
import Logging
import NIOPosix
import Sessions
import Settings
import StrictJSON
import TestSupport
import Testing
import Tokens

@testable import Gateway

@Suite("Logging in at an upstream")
struct UpstreamIdentityProviderTests {
    private static let now = Date(timeIntervalSince1970: 1_767_000_000)
    private static let fields: JSONValue = ["username": "ana", "password": "pw"]

    private static func token(_ claims: JSONValue) -> String {
        let head = Base64URL.encode(Array(#"{"alg":"HS256","typ":"JWT"}"#.utf8))
        return "\(head).\(Base64URL.encode(claims.encoded())).\(Base64URL.encode([1, 2, 3]))"
    }

    private static let exp: JSONValue = 1_767_000_300
    private static let djangoClaims: JSONValue = ["token_type": "access", "exp": exp, "user_id": 7]

    private static func answer(_ status: Int, _ body: JSONValue, headers: String = "") -> String {
        let text = body.description
        return
            "HTTP/1.1 \(status) X\r\ncontent-type: application/json\r\n\(headers)content-length: \(text.utf8.count)\r\n\r\n\(text)"
    }

    private func provider(
        _ preset: LoginPreset,
        _ addresses: [ListenAddress],
        // Of a busy machine, not of a silent backend.
        timeout: Duration = .seconds(60)
    ) -> UpstreamIdentityProvider {
        UpstreamIdentityProvider(
            preset: preset,
            addresses: { addresses },
            publicHost: { "app.example:8443" },
            tokens: nil,
            group: MultiThreadedEventLoopGroup.singleton,
            timeout: timeout,
            now: { Self.now },
            logger: Logger(label: "tests") { _ in SwiftLogNoOpLogHandler() }
        )
    }

    private func with(
        _ answer: String,
        _ preset: LoginPreset.Name = .simplejwt,
        _ body: (UpstreamIdentityProvider, FakeUpstream) async throws -> Void
    ) async throws {
        let upstream = try await FakeUpstream.answering(answer)
        let result: Result<Void, any Error>
        do {
            result = .success(
                try await body(
                    provider(LoginPreset(preset), [ListenAddress(host: upstream.host, port: upstream.port)]),
                    upstream
                )
            )
        } catch {
            result = .failure(error)
        }
        await upstream.stop()
        try result.get()
    }

    @Test("The users service's answer is read whole; it sees the public host and scheme")
    func gatecast() async throws {
        let body: JSONValue = [
            "access_token": .string(Self.token(["sub": "u1", "exp": Self.exp])), "refresh_token": "opaque",
            "expires_in": 250, "refresh_expires_in": 1000,
            "user": ["id": "u1", "username": "ana", "password_hash": "never", "tags": ["x"]],
        ]
        try await with(Self.answer(200, body), .gatecast) { provider, upstream in
            let issued = try await provider.login(Self.fields)
            #expect(issued.subject == "u1" && issued.refreshToken == "opaque")
            #expect(issued.accessEnd == Self.now.addingTimeInterval(250))
            #expect(issued.refreshEnd == Self.now.addingTimeInterval(1000))
            #expect(issued.profile == ["id": "u1", "username": "ana"])
            let request = upstream.receivedText().lowercased()
            #expect(request.hasPrefix("post /tokens http/1.1\r\n"))
            #expect(request.contains("host: app.example:8443\r\n") && request.contains("x-forwarded-proto: https\r\n"))
            #expect(request.hasSuffix(#"{"username":"ana","password":"pw"}"#))
        }
    }

    @Test("A number and a string user_id are one user", arguments: [7, "7"] as [JSONValue])
    func userID(_ id: JSONValue) async throws {
        let access = Self.token(["token_type": "access", "exp": Self.exp, "user_id": id])
        try await with(Self.answer(200, ["refresh": "r", "access": .string(access)])) { provider, _ in
            let issued = try await provider.login(Self.fields)
            #expect(issued.subject == "7")
        }
    }

    @Test("A refresh without a new refresh token keeps the old one; a refresh token does not pass as access")
    func refreshes() async throws {
        let access = Self.token(Self.djangoClaims)
        try await with(Self.answer(200, ["access": .string(access)])) { provider, upstream in
            let issued = try await provider.refresh("old")
            #expect(issued.refreshToken == nil && issued.accessToken == access)
            #expect(upstream.receivedText().hasSuffix(#"{"refresh":"old"}"#))
        }
        let posing = Self.token(["token_type": "refresh", "exp": Self.exp, "user_id": 7])
        try await with(Self.answer(200, ["access": .string(posing)])) { provider, _ in
            let error = await #expect(throws: IdentityError.self) { try await provider.refresh("old") }
            guard case .unreadable = error else { return #expect(Bool(false), "\(String(describing: error))") }
        }
    }

    @Test("An empty refresh is read from its cookie, foreign ones are not looked at")
    func cookie() throws {
        var preset = LoginPreset(.djRestAuth)
        preset.refreshCookie = "app-refresh"
        let body: JSONValue = [
            "access": .string(Self.token(["token_type": "access", "exp": Self.exp])), "refresh": "", "user": ["pk": 9],
        ]
        let answer = BackendAnswer(
            status: 200,
            body: body.encoded(),
            cookies: ["sessionid=zzz; Path=/", "app-refresh=r1; HttpOnly; Path=/"]
        )
        let issued = try LoginAnswer(preset).tokens(answer, now: Self.now)
        #expect(issued.refreshToken == "r1" && issued.subject == "9")
    }

    enum Kind { case invalid, validation, refused, unavailable, unreadable, throttled }

    private func kind(_ error: IdentityError?) -> Kind? {
        switch error {
        case .invalidCredentials: .invalid
        case .validationFailed: .validation
        case .refused: .refused
        case .unavailable: .unavailable
        case .unreadable: .unreadable
        case .throttled: .throttled
        default: nil
        }
    }

    @Test(
        "Each failing status has its meaning, at login and at refresh",
        arguments: [
            (401, ["detail": "No"], .invalid, .refused), (401, ["error": "invalid_client"], .unavailable, .unavailable),
            (400, ["error": "invalid_grant"], .invalid, .refused),
            (400, ["password": ["Required."]], .validation, .unavailable),
            (400, ["non_field_errors": ["No"]], .invalid, .unavailable), (403, [:], .unavailable, .unavailable),
            (404, [:], .unavailable, .unavailable), (429, [:], .throttled, .unavailable),
            (500, [:], .unavailable, .unavailable), (302, [:], .unavailable, .unavailable),
            (200, ["access": 1], .unreadable, .unreadable),
        ] as [(Int, JSONValue, Kind, Kind)]
    )
    func statuses(_ status: Int, _ body: JSONValue, _ login: Kind, _ refresh: Kind) async throws {
        try await with(Self.answer(status, body, headers: status == 302 ? "location: /elsewhere\r\n" : "")) {
            provider,
            upstream in
            #expect(kind(await #expect(throws: IdentityError.self) { try await provider.login(Self.fields) }) == login)
            #expect(kind(await #expect(throws: IdentityError.self) { try await provider.refresh("r") }) == refresh)
            #expect(upstream.connectionCount == 2)
        }
    }

    @Test(
        "A backend that has had enough says when to come again; a date or nothing is a minute, a day the most",
        arguments: [("7", 7), ("0", 1), ("86401", 86_400), ("Wed, 21 Oct 2026 07:28:00 GMT", 60), (nil, 60)]
            as [(String?, Int)]
    )
    func throttled(_ retryAfter: String?, _ seconds: Int) async throws {
        let headers = retryAfter.map { "retry-after: \($0)\r\n" } ?? ""
        try await with(Self.answer(429, [:], headers: headers), .gatecast) { provider, _ in
            await #expect(throws: IdentityError.throttled(seconds: seconds)) { try await provider.login(Self.fields) }
            await #expect(throws: IdentityError.throttled(seconds: seconds)) {
                try await provider.register(Self.fields)
            }
        }
    }

    @Test("A login and a registration say whose they are; a refresh is nobody's")
    func clientAddress() async throws {
        try await with(Self.answer(500, [:])) { provider, upstream in
            let client = ClientHint(userAgent: nil, address: "2001:db8::7")
            _ = try? await provider.login(Self.fields, from: client)
            #expect(upstream.receivedText().contains("x-forwarded-for: 2001:db8::7\r\n"))
            _ = try? await provider.refresh("r")
            #expect(!upstream.receivedText(1).contains("x-forwarded-for"))
        }
    }

    @Test("A problem document's errors are handed on, and so is a plain object of field errors")
    func fieldErrors() async throws {
        let errors: JSONValue = ["username": ["Taken."]]
        let problem: JSONValue = ["type": "about:blank", "status": 422, "errors": errors]
        for body in [problem, errors] {
            try await with(Self.answer(422, body), .gatecast) { provider, _ in
                await #expect(throws: IdentityError.validationFailed(errors)) {
                    try await provider.register(Self.fields)
                }
            }
        }
    }

    @Test("64 KiB of answer and one byte more; JSON that is not strict")
    func limits() async throws {
        let access = Self.token(Self.djangoClaims)
        let base = #"{"refresh":"r","access":"\#(access)","p":""}"#
        for (extra, isAllowed) in [(0, true), (1, false)] {
            let text = base.replacing(
                #""p":"""#,
                with: "\"p\":\"\(String(repeating: "x", count: 65_536 - base.utf8.count + extra))\""
            )
            let answer = "HTTP/1.1 200 OK\r\ncontent-length: \(text.utf8.count)\r\n\r\n\(text)"
            try await with(answer) { provider, _ in
                if isAllowed {
                    let issued = try await provider.login(Self.fields)
                    #expect(issued.subject == "7")
                } else {
                    #expect(
                        kind(await #expect(throws: IdentityError.self) { try await provider.login(Self.fields) })
                            == .unreadable
                    )
                }
            }
        }
        let twice = #"{"access":"a","access":"\#(access)"}"#
        try await with("HTTP/1.1 200 OK\r\ncontent-length: \(twice.utf8.count)\r\n\r\n\(twice)") { provider, _ in
            #expect(
                kind(await #expect(throws: IdentityError.self) { try await provider.login(Self.fields) }) == .unreadable
            )
        }
    }

    private static func plain(_ body: String, type: String = "application/json", length: Int? = nil) -> String {
        "HTTP/1.1 200 OK\r\ncontent-type: \(type)\r\ncontent-length: \(length ?? body.utf8.count)\r\n\r\n\(body)"
    }

    @Test(
        "A 200 that is not what the preset says is our fault or unknown, never a refusal: the session is kept",
        arguments: [
            plain("<html><body>Sign in</body></html>", type: "text/html"), plain(""), plain("null"), plain("[]"),
            plain("{}"),
            plain(#"{"access":"#), plain(#"{"access":""}"#), plain(#"{"access":"not.a.jws"}"#),
            plain(#"{"access":null}"#),
            // No end in sight, the end in the past tense of another type, no user, the wrong kind of token.
            plain(#"{"access":"\#(token(["token_type": "access", "user_id": 7]))"}"#),
            plain(#"{"access":"\#(token(["token_type": "access", "user_id": 7, "exp": "soon"]))"}"#),
            plain(#"{"access":"\#(token(["token_type": "access", "exp": exp]))"}"#),
            plain(#"{"access":"\#(token(["token_type": "refresh", "user_id": 7, "exp": exp]))"}"#),
            plain(#"{"access":"\#(token(["user_id": 7, "exp": exp]))"}"#),
            plain(#"{"access":"\#(token(["token_type": "access", "user_id": true, "exp": exp]))"}"#),
            plain(#"{"access":"\#(token(["token_type": "access", "user_id": "", "exp": exp]))"}"#),
            "HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\n\u{1F}\u{8B}\u{8}",
        ]
    )
    func wrongAnswers(_ answer: String) async throws {
        try await with(answer) { provider, _ in
            #expect(
                kind(await #expect(throws: IdentityError.self) { try await provider.refresh("r") }) == .unreadable
            )
            #expect(
                kind(await #expect(throws: IdentityError.self) { try await provider.login(Self.fields) }) == .unreadable
            )
        }
    }

    @Test("An answer that breaks off, or is no HTTP, is no answer: the backend may have acted")
    func brokenOff() async throws {
        for steps: [FakeUpstream.Step] in [
            [.receiveHead, .send(Self.plain(#"{"access":""#, length: 500)), .close], [.receiveHead, .close],
            [.receiveHead, .reset], [.receiveHead, .send("SSH-2.0-OpenSSH_9.2\r\n"), .close],
        ] {
            let upstream = try await FakeUpstream.start(steps)
            let provider = provider(
                LoginPreset(.simplejwt),
                [ListenAddress(host: upstream.host, port: upstream.port)]
            )
            let error = await #expect(throws: IdentityError.self) { try await provider.refresh("r") }
            guard case .noAnswer = error else { return #expect(Bool(false), "\(String(describing: error))") }
            await upstream.stop()
        }
    }

    @Test("A registration sends the password under every name the backend compares; what the form says itself stays")
    func registrationPasswords() async throws {
        try await with(Self.answer(201, [:]), .djRestAuth) { provider, upstream in
            try await provider.register(Self.fields)
            #expect(
                upstream.receivedText()
                    .hasSuffix(#"{"username":"ana","password":"pw","password1":"pw","password2":"pw"}"#)
            )
        }
        try await with(Self.answer(201, [:]), .djRestAuth) { provider, upstream in
            try await provider.register(["username": "ana", "password": "pw", "password2": "typo"])
            #expect(
                upstream.receivedText()
                    .hasSuffix(#"{"username":"ana","password":"pw","password2":"typo","password1":"pw"}"#)
            )
        }
    }

    @Test("A refused connection goes to the next address; a silent backend is no answer")
    func addresses() async throws {
        let access = Self.token(Self.djangoClaims)
        let upstream = try await FakeUpstream.answering(Self.answer(200, ["refresh": "r", "access": .string(access)]))
        let dead = ListenAddress(host: "127.0.0.1", port: try FreePort.find())
        let alive = ListenAddress(host: upstream.host, port: upstream.port)
        #expect(try await provider(LoginPreset(.simplejwt), [dead, alive]).login(Self.fields).subject == "7")
        await upstream.stop()
        let silent = try await FakeUpstream.start([.receiveHead])
        let slow = provider(
            LoginPreset(.simplejwt),
            [ListenAddress(host: silent.host, port: silent.port)],
            timeout: .milliseconds(50)
        )
        for error in [
            await #expect(throws: IdentityError.self) { try await slow.refresh("r") },
            await #expect(throws: IdentityError.self) {
                try await provider(LoginPreset(.simplejwt), [dead]).refresh("r")
            },
        ] {
            guard case .noAnswer = error else { return #expect(Bool(false), "\(String(describing: error))") }
        }
        await silent.stop()
        await #expect(throws: IdentityError.notOffered) { try await slow.revoke("r") }
        await #expect(throws: IdentityError.notOffered) { try await slow.register(Self.fields) }
    }
}

// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import HTTPTypes
import Hummingbird
import HummingbirdTesting
import ServiceKit
import Settings
import StrictJSON
import Synchronization
import Testing
import Tokens

@testable import Users

@Suite("The users service")
struct UsersTests {
    /// Unix seconds, moved by hand.
    final class Time: Sendable {
        private let value = Mutex<Int64>(1_767_000_000)
        var now: Int64 { self.value.withLock { $0 } }
        func advance(_ seconds: Int64) { self.value.withLock { $0 += seconds } }
    }

    private let time = Time()
    private let json: HTTPFields = [.contentType: "application/json"]
    private let ada = #"{"username":"ada","password":"correct horse"}"#

    private func application(_ harness: ServiceHarness, secret: Secret? = nil) async throws -> ServiceApplication {
        var users = UsersSettings()
        users.scryptN = 16
        var settings = harness.settings("users")
        settings.secret = secret
        let time = self.time
        return try await UsersApp.build(settings: settings, users: users, now: { time.now }, logger: harness.logger)
    }

    private func with(
        _ body: @escaping @Sendable (any TestClientProtocol) async throws -> Void
    ) async throws {
        let harness = try ServiceHarness()
        try await self.application(harness).application.test(.router, body)
    }

    @Test("Register, log in, ask who I am with a token our verifier accepts by the published keys")
    func journey() async throws {
        let (json, ada, time) = (self.json, self.ada, self.time)
        try await self.with { client in
            let registered = try await client.call(.post, "/users", json, ada)
            #expect(registered.status == .created)
            #expect(registered.body["username"] == "ada")
            #expect(registered.body["password"] == nil)

            let login = try await client.call(.post, "/tokens", json, ada)
            #expect(login.status == .ok)
            #expect(login.headers[.cacheControl] == "no-store")
            #expect(login.body["expires_in"] == 600)
            #expect(login.body["refresh_expires_in"] == 1_209_600)
            #expect(login.body["user"] == ["id": "1", "username": "ada"])
            let access = try #require(login.body["access_token"]?.string)

            let published = try await client.call(.get, "/.well-known/jwks.json")
            #expect(published.headers[.cacheControl] == "public, max-age=600")
            let keys = try KeySet(jwks: published.body.encoded())
            let profile = IssuerProfile(iss: ServiceHarness.issuer, audience: ["gatecast"], source: .keys(keys))
            let verified = try TokenVerifier(profiles: [(profile, keys)]).verify(access, now: time.now)
            #expect(verified.subject == "1")
            #expect(verified.claims["username"] == "ada")

            let me = try await client.call(.get, "/api/users/me", [.authorization: "Bearer \(access)"])
            #expect(me.body["username"] == "ada")
            #expect(try await client.call(.get, "/api/users/me").status == .unauthorized)
            time.advance(631)
            #expect(
                try await client.call(.get, "/api/users/me", [.authorization: "Bearer \(access)"]).code
                    == "invalid-token"
            )
        }
    }

    @Test("A wrong password, an unknown user and an impossible name get the same answer")
    func refusedLogin() async throws {
        let (json, ada) = (self.json, self.ada)
        try await self.with { client in
            _ = try await client.call(.post, "/users", json, ada)
            var bodies: Set<JSONValue> = []
            for text in [
                #"{"username":"ada","password":"wrong"}"#, #"{"username":"eve","password":"correct horse"}"#,
                #"{"username":"a b","password":"correct horse"}"#, #"{"username":"ada","password":""}"#,
                #"{"username":"","password":""}"#,
            ] {
                let answer = try await client.call(.post, "/tokens", json, text)
                #expect(answer.status == .unauthorized)
                #expect(answer.headers[.contentType] == "application/problem+json")
                bodies.insert(.object((answer.body.members ?? []).filter { $0.name != "request_id" }))
            }
            #expect(bodies.count == 1)
            #expect(bodies.first?["code"] == "invalid-credentials")
            #expect(
                try await client.call(.post, "/tokens", json, #"{"username":"ADA","password":"correct horse","x":1}"#)
                    .status == .ok
            )
            #expect(try await client.call(.post, "/tokens", json, #"{"username":1}"#).code == "validation-failed")
        }
    }

    @Test("Registration names each wrong field in `errors`, and refuses what is not on the list")
    func validation() async throws {
        let (json, ada) = (self.json, self.ada)
        try await self.with { client in
            func errors(_ text: String) async throws -> [String] {
                let answer = try await client.call(.post, "/users", json, text)
                #expect(answer.status == .unprocessableContent)
                #expect(answer.headers[.contentType] == "application/problem+json")
                #expect(answer.code == "validation-failed")
                return (answer.body["errors"]?.members ?? []).map(\.name).sorted()
            }
            let name = String(repeating: "n", count: 150)
            #expect(
                try await client.call(.post, "/users", json, #"{"username":"\#(name)","password":"horse123"}"#).status
                    == .created
            )
            #expect(try await errors(#"{"username":"\#(name)n","password":"1234567"}"#) == ["password", "username"])
            let long = String(repeating: "pq", count: 512)
            #expect(
                try await client.call(.post, "/users", json, #"{"username":"long","password":"\#(long)"}"#).status
                    == .created
            )
            #expect(try await errors(#"{"username":"long2","password":"\#(long)p"}"#) == ["password"])
            // Code points count: seven of two bytes each are too few, eight are not.
            #expect(try await errors(#"{"username":"wide","password":"äöüßéèê"}"#) == ["password"])
            #expect(
                try await client.call(.post, "/users", json, #"{"username":"wide","password":"äöüßéèêñ"}"#).status
                    == .created
            )
            #expect(try await errors(#"{}"#) == ["password", "username"])
            #expect(try await errors(#"{"username":"a b","password":"horse123"}"#) == ["username"])
            #expect(try await errors(#"{"username":"é","password":"horse123"}"#) == ["username"])
            #expect(try await errors(#"{"username":"Sameword1","password":"sameword1"}"#) == ["password"])
            #expect(
                try await errors(#"{"username":"eve","password":"horse123","is_admin":true,"email":"x"}"#) == [
                    "email", "is_admin",
                ]
            )
            _ = try await client.call(.post, "/users", json, ada)
            #expect(try await errors(#"{"username":"Ada","password":"horse123"}"#) == ["username"])
        }
    }

    @Test("Bodies: 8 KiB, strict JSON, declared as such")
    func bodies() async throws {
        let (json, ada) = (self.json, self.ada)
        try await self.with { client in
            let padded = ada + String(repeating: " ", count: 8192 - ada.utf8.count)
            let created = try await client.call(.post, "/users", json, padded)
            #expect(created.status == .created)
            #expect(try await client.call(.post, "/tokens", json, padded + " ").status == .contentTooLarge)
            #expect(
                try await client.call(.post, "/tokens", json, #"{"username":"a","username":"b"}"#).status == .badRequest
            )
            #expect(
                try await client.call(.post, "/tokens", [.contentType: "text/plain"], ada).status
                    == .unsupportedMediaType
            )
            #expect(try await client.call(.get, "/tokens").status == .methodNotAllowed)
        }
    }

    @Test("A refresh token is good once; replayed within 30 s it gives the same successor, later it ends the family")
    func refresh() async throws {
        let (json, ada, time) = (self.json, self.ada, self.time)
        try await self.with { client in
            _ = try await client.call(.post, "/users", json, ada)
            let login = try await client.call(.post, "/tokens", json, ada)
            let first = #"{"refresh_token":\#(login.body["refresh_token"] ?? .null)}"#
            let answers = try await withThrowingTaskGroup(of: Answer.self) { group in
                for _ in 0..<20 { group.addTask { try await client.call(.post, "/tokens/refresh", json, first) } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(answers.allSatisfy { $0.status == .ok })
            #expect(Set(answers.map { $0.body["refresh_token"] }).count == 1)
            #expect(answers[0].body["refresh_token"] != login.body["refresh_token"])
            #expect(answers[0].body["user"] == ["id": "1", "username": "ada"])
            time.advance(30)
            #expect(
                try await client.call(.post, "/tokens/refresh", json, first).body["refresh_token"]
                    == answers[0].body["refresh_token"]
            )
            time.advance(1)
            let reused = try await client.call(.post, "/tokens/refresh", json, first)
            #expect(reused.status == .unauthorized)
            #expect(reused.code == "invalid-refresh-token")
            let second = #"{"refresh_token":\#(answers[0].body["refresh_token"] ?? .null)}"#
            #expect(try await client.call(.post, "/tokens/refresh", json, second).status == .unauthorized)
        }
    }

    @Test("Revoking ends the family, and is 204 for anything")
    func revoke() async throws {
        let (json, ada) = (self.json, self.ada)
        try await self.with { client in
            _ = try await client.call(.post, "/users", json, ada)
            let login = try await client.call(.post, "/tokens", json, ada)
            let token = #"{"refresh_token":\#(login.body["refresh_token"] ?? .null)}"#
            #expect(try await client.call(.post, "/tokens/revoke", json, token).status == .noContent)
            #expect(try await client.call(.post, "/tokens/refresh", json, token).status == .unauthorized)
            #expect(try await client.call(.post, "/tokens/revoke", json, token).status == .noContent)
            #expect(
                try await client.call(.post, "/tokens/revoke", json, #"{"refresh_token":"x"}"#).status == .noContent
            )
            #expect(
                try await client.call(.post, "/tokens/refresh", json, #"{"refresh_token":"x"}"#).status == .unauthorized
            )
            #expect(try await client.call(.post, "/tokens/refresh", json, #"{}"#).status == .unprocessableContent)
        }
    }

    @Test("Users, families and the key survive a restart; an unused token ends with its lifetime")
    func restart() async throws {
        let (json, ada, time) = (self.json, self.ada, self.time)
        let harness = try ServiceHarness()
        let login = try await self.application(harness).application.test(.router) { client in
            _ = try await client.call(.post, "/users", json, ada)
            return try await client.call(.post, "/tokens", json, ada)
        }
        let access = try #require(login.body["access_token"]?.string)
        let token = #"{"refresh_token":\#(login.body["refresh_token"] ?? .null)}"#
        let other = try await self.application(harness).application.test(.router) { client in
            #expect(try await client.call(.get, "/api/users/me", [.authorization: "Bearer \(access)"]).status == .ok)
            #expect(try await client.call(.post, "/tokens/refresh", json, token).status == .ok)
            return try await client.call(.post, "/tokens", json, ada)
        }
        time.advance(14 * 86_400)
        try await self.application(harness).application.test(.router) { client in
            let late = #"{"refresh_token":\#(other.body["refresh_token"] ?? .null)}"#
            let refused = try await client.call(.post, "/tokens/refresh", json, late)
            #expect(refused.status == .unauthorized)
        }
    }

    @Test("With a shared secret tokens are HS256, and no key is published")
    func secret() async throws {
        let (json, ada) = (self.json, self.ada)
        let harness = try ServiceHarness()
        let secret = Secret("0f1e2d3c4b5a69788796a5b4c3d2e1f0")
        try await self.application(harness, secret: secret).application.test(.router) { client in
            _ = try await client.call(.post, "/users", json, ada)
            let login = try await client.call(.post, "/tokens", json, ada)
            let access = try #require(login.body["access_token"]?.string)
            #expect(try await client.call(.get, "/api/users/me", [.authorization: "Bearer \(access)"]).status == .ok)
            #expect(try await client.call(.get, "/.well-known/jwks.json").body == ["keys": []])
        }
    }
}

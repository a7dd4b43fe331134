// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import ServiceKit
import StrictJSON
import TestSupport
import Testing
import Tokens

@testable import Users

@Suite("Signing keys that take turns")
struct KeyRotationTests {
    private let schedule = KeySchedule(interval: 86_400, algorithm: .es256)

    private func key(_ kid: String, from: Int64, _ algorithm: SigningKey.Algorithm = .es256) -> KeySchedule.Key {
        .init(kid: kid, algorithm: algorithm, createdAt: from, signsFrom: from)
    }

    @Test("The first key is made at once; the next is published an hour before it signs")
    func plan() {
        #expect(self.schedule.plan([], now: 50) == .init(create: 50))
        let a = self.key("a", from: 1000)
        #expect(self.schedule.plan([a], now: 83_799) == .init(signing: "a", published: ["a"]))
        #expect(self.schedule.plan([a], now: 83_800) == .init(signing: "a", published: ["a"], create: 87_400))
        // A service that slept too long does not sign with a key nobody has seen.
        #expect(self.schedule.plan([a], now: 200_000).create == 203_600)
        let b = self.key("b", from: 87_400)
        #expect(self.schedule.plan([b, a], now: 87_399) == .init(signing: "a", published: ["a", "b"]))
        #expect(self.schedule.plan([a, b], now: 87_400) == .init(signing: "b", published: ["a", "b"]))
        #expect(self.schedule.plan([a, b], now: 90_999).published == ["a", "b"])
        #expect(self.schedule.plan([a, b], now: 91_000) == .init(signing: "b", published: ["b"], dropped: ["a"]))
    }

    @Test("Another algorithm makes its key at once; without an interval nothing happens by itself")
    func algorithm() {
        let a = self.key("a", from: 1000)
        #expect(KeySchedule(interval: 0, algorithm: .es256).plan([a], now: 9_999_999).create == nil)
        #expect(KeySchedule(interval: 0, algorithm: .edDSA).plan([a], now: 5000).create == 8600)
    }

    @Test("A rotation loses no token: the old key verifies until its last one has run out")
    func rotation() async throws {
        let service = try UsersService()
        try await service.test { client in
            _ = try await client.register("ada")
            let old = try await client.logIn("ada").accessToken
            let console = UsersConsole.self
            let clock = service.clock
            let desk = try console.init(settings: service.settings, now: { clock.unixNow })
            let made = try await desk.rotate(atOnce: false)
            #expect(!made.isSigning)
            #expect(made.signsFrom == clock.unixNow + 3600)
            #expect(try await desk.listKeys().map(\.isSigning) == [true, false])
            #expect(try await client.send(.get, "/api/users/me", token: old).status == .ok)
            await #expect(throws: UsersConsole.Refusal.self) { try await desk.drop("nobody") }
            await #expect(throws: UsersConsole.Refusal.self) {
                try await desk.drop(try await desk.listKeys()[0].kid)
            }
        }
    }

    @Test(
        "The ring follows the schedule and the console: published first, then signs, then the old one goes with its file"
    )
    func ring() async throws {
        let service = try UsersService()
        let database = try service.database()
        let directory = service.settings.data
        let clock = service.clock
        let repository = SigningKeyRepository(database: database, directory: directory)
        let ring = try await KeyRing(
            repository: repository,
            schedule: KeySchedule(interval: 86_400, algorithm: .edDSA),
            now: { clock.unixNow },
            logger: service.harness.logger
        )
        let first = ring.snapshot.signing
        #expect(ring.snapshot.published.map(\.kid) == [first.kid])
        let path = "\(directory)/users-keys/\(first.kid).pem"
        let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
        #expect(mode == 0o600)

        clock.advance(by: .seconds(86_400 - 3600))
        await ring.refresh()
        #expect(ring.snapshot.signing.kid == first.kid)
        #expect(ring.snapshot.published.count == 2)
        clock.advance(by: .seconds(3600))
        await ring.refresh()
        let second = ring.snapshot.signing
        #expect(second.kid != first.kid)
        #expect(ring.snapshot.published.map(\.kid) == [first.kid, second.kid])
        clock.advance(by: .seconds(3600))
        await ring.refresh()
        #expect(ring.snapshot.published.map(\.kid) == [second.kid])
        #expect(!FileManager.default.fileExists(atPath: path))

        // A file that is gone: what is in memory goes on signing.
        try FileManager.default.removeItem(atPath: "\(directory)/users-keys/\(second.kid).pem")
        await ring.refresh()
        #expect(ring.snapshot.signing.kid == second.kid)
    }

    @Test("Two processes on one directory make one key")
    func twice() async throws {
        let service = try UsersService()
        let database = try service.database()
        let repository = SigningKeyRepository(database: database, directory: service.settings.data)
        let schedule = KeySchedule(interval: 86_400, algorithm: .edDSA)
        let made = try await withThrowingTaskGroup(of: Bool.self) { group in
            for _ in 0..<4 { group.addTask { try await repository.create(schedule, now: 1000) != nil } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(made.count { $0 } == 1)
        #expect(try await repository.all().count == 1)
        let files = try FileManager.default.contentsOfDirectory(atPath: service.settings.data + "/users-keys")
        #expect(files.count == 1)
    }

    @Test("The key of a version that knew only one goes on signing")
    func adoption() async throws {
        let service = try UsersService()
        let directory = service.settings.data
        let old = try SigningKey.loadOrCreate(path: directory + "/users-signing-key.pem", algorithm: .es256)
        let application = try await service.application()
        let published = try await application.application.test(.router) { client in
            try await client.call(.get, "/.well-known/jwks.json")
        }
        #expect(published.body["keys"]?.array?.map { $0["kid"]?.string } == [old.kid])
    }

    @Test("Tokens of every algorithm verify by the published set", arguments: SigningKey.Algorithm.allCases)
    func algorithms(_ algorithm: SigningKey.Algorithm) async throws {
        let service = try UsersService { $0.algorithm = algorithm }
        try await service.test { client in
            _ = try await client.register("ada")
            let token = try await client.logIn("ada").accessToken
            let published = try await client.send(.get, "/.well-known/jwks.json")
            let keys = try KeySet(jwks: published.body.encoded())
            let profile = IssuerProfile(iss: ServiceHarness.issuer, audience: ["gatecast"], source: .keys(keys))
            let verified = try TokenVerifier(profiles: [(profile, keys)]).verify(token, now: service.clock.unixNow)
            #expect(verified.subject == "1")
            #expect(verified.claims["family"] == "1")
            let again = try await client.client.call(
                .get,
                "/.well-known/jwks.json",
                [.ifNoneMatch: published.headers[.eTag] ?? ""]
            )
            #expect(again.status == .notModified)
        }
    }

    @Test("Roles are given by the console, and are in the tokens from the next refresh on")
    func roles() async throws {
        let service = try UsersService()
        try await service.test { client in
            _ = try await client.register("ada")
            let login = try await client.logIn("ada")
            let console = try UsersConsole(settings: service.settings)
            try await console.setRoles(["admin", "ops"], username: "ada")
            await #expect(throws: UsersConsole.Refusal.self) { try await console.setRoles(["a b"], username: "ada") }
            await #expect(throws: UsersConsole.Refusal.self) { try await console.setRoles([], username: "eve") }
            let many = (0..<17).map { "r\($0)" }
            await #expect(throws: UsersConsole.Refusal.self) { try await console.setRoles(many, username: "ada") }
            let token = try await client.refresh(login).accessToken
            #expect(try await client.send(.get, "/api/users/me", token: token).body["roles"] == ["admin", "ops"])
            let payload = try #require(Base64URL.decode(token.split(separator: ".")[1].utf8))
            #expect(try JSONScanner.parse(payload)["roles"] == ["admin", "ops"])
        }
    }
}

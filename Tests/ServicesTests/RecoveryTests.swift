// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import Foundation
import HTTPTypes
import ServiceKit
import Store
import StrictJSON
import TestSupport
import Testing

@testable import Users

@Suite("Forgotten passwords and links in mails", .timeLimit(.minutes(5)))
struct RecoveryTests {
    private static let reset = "/api/users/password-resets"

    @Test("A link sets a new password once, ends every login and verifies the address")
    func reset() async throws {
        let service = try UsersService()
        try await service.test { client in
            _ = try await client.register("ada", email: "ada@example.org")
            let login = try await client.logIn("ada")
            #expect(try await client.send(.post, Self.reset, ["email": "ADA@example.org"]).status == .accepted)
            // To the address as it is stored, not as it was typed.
            let token = try await service.mails.token(to: "ada@example.org", "A new")
            let weak: JSONValue = ["token": .string(token), "password": "ada"]
            #expect(try await client.send(.post, Self.reset + "/confirm", weak).faults == ["password"])
            let name: JSONValue = ["token": .string(token), "password": "ada@example.org"]
            #expect(try await client.send(.post, Self.reset + "/confirm", name).faults == ["password"])

            let body: JSONValue = ["token": .string(token), "password": "battery staple"]
            let done = try await client.send(.post, Self.reset + "/confirm", body)
            #expect(done.status == .noContent)
            #expect(done.headers[HTTPField.Name("gatecast-end-sessions")!] == "1")
            #expect(try await client.refresh(login).status == .unauthorized)
            #expect(try await client.logIn("ada").status == .unauthorized)
            let again = try await client.logIn("ada", "battery staple")
            #expect(again.status == .ok)
            #expect(
                try await client.send(.get, "/api/users/me", token: again.accessToken).body["email_verified"] == true
            )
            #expect(try await client.send(.post, Self.reset + "/confirm", body).code == "invalid-link")
        }
    }

    @Test("Of two requests with one link one wins")
    func raced() async throws {
        let service = try UsersService()
        try await service.test { client in
            _ = try await client.register("ada", email: "ada@example.org")
            _ = try await client.send(.post, Self.reset, ["email": "ada@example.org"])
            let token = try await service.mails.token(to: "ada@example.org", "A new")
            let statuses = try await withThrowingTaskGroup(of: HTTPResponse.Status.self) { group in
                for number in 0..<8 {
                    group.addTask {
                        let body: JSONValue = [
                            "token": .string(token), "password": .string("battery staple \(number)"),
                        ]
                        return try await client.send(.post, Self.reset + "/confirm", body).status
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(statuses.count { $0 == .noContent } == 1)
            #expect(statuses.count { $0 == .unprocessableContent } == 7)
        }
    }

    @Test("An unknown address gets the same answer, and nobody a mail")
    func unknown() async throws {
        let service = try UsersService()
        try await service.test { client in
            _ = try await client.register("ada", email: "ada@example.org")
            let known = try await client.send(.post, Self.reset, ["email": "ada@example.org"])
            let unknown = try await client.send(.post, Self.reset, ["email": "eve@example.org"])
            #expect(known.status == unknown.status)
            #expect(known.body == unknown.body)
            _ = try await service.mails.token(to: "ada@example.org", "A new")
            let database = try service.database()
            try await eventually { try await database.read { try !MailQueue.isDue(now: .max, in: $0) } }
            #expect(!service.mails.sent.contains { $0.to == "eve@example.org" })
        }
    }

    @Test("A link is good until its hour is over, and not for the other purpose")
    func expiry() async throws {
        let service = try UsersService()
        try await service.test { client in
            _ = try await client.register("ada", email: "ada@example.org")
            _ = try await client.send(.post, Self.reset, ["email": "ada@example.org"])
            let token = try await service.mails.token(to: "ada@example.org", "A new")
            let verify = "/api/users/email-verifications/confirm"
            #expect(try await client.send(.post, verify, ["token": .string(token)]).code == "invalid-link")
            service.clock.advance(by: .seconds(3600))
            let body: JSONValue = ["token": .string(token), "password": "battery staple"]
            #expect(try await client.send(.post, Self.reset + "/confirm", body).code == "invalid-link")
            _ = try await client.send(.post, Self.reset, ["email": "ada@example.org"])
            let count = service.mails.sent.count
            try await eventually { service.mails.sent.count > count }
            let fresh = try await service.mails.token(to: "ada@example.org", "A new")
            service.clock.advance(by: .seconds(3599))
            let last: JSONValue = ["token": .string(fresh), "password": "battery staple"]
            #expect(try await client.send(.post, Self.reset + "/confirm", last).status == .noContent)
        }
    }

    @Test("Three mails an hour to one address; the fourth request is told to wait")
    func throttled() async throws {
        let service = try UsersService()
        try await service.test { client in
            for _ in 0..<3 {
                #expect(try await client.send(.post, Self.reset, ["email": "eve@example.org"]).status == .accepted)
            }
            let refused = try await client.send(.post, Self.reset, ["email": "Eve@example.org"])
            #expect(refused.status == .tooManyRequests)
            #expect(refused.headers[.retryAfter] == "3600")
            service.clock.advance(by: .seconds(3600))
            #expect(try await client.send(.post, Self.reset, ["email": "eve@example.org"]).status == .accepted)
        }
    }

    @Test("Twenty requests an hour of one client address, whatever it asks for")
    func throttledByAddress() async throws {
        try await UsersService().test { client in
            let one = client.from("192.0.2.7")
            for number in 0..<20 {
                let body: JSONValue = ["email": .string("u\(number)@example.org")]
                let answer = try await one.send(.post, Self.reset, body)
                #expect(answer.status == .accepted)
            }
            let more: JSONValue = ["email": "more@example.org"]
            let refused = try await one.send(.post, Self.reset, more)
            #expect(refused.status == .tooManyRequests)
            let other = try await client.from("192.0.2.8").send(.post, Self.reset, more)
            #expect(other.status == .accepted)
        }
    }

    @Test("Without a way for mail to leave, whatever needs mail says so")
    func off() async throws {
        try await UsersService().test(sendsMail: false) { client in
            _ = try await client.register("ada", email: "ada@example.org")
            #expect(try await client.send(.post, Self.reset, ["email": "ada@example.org"]).code == "mail-unavailable")
            let token = try await client.logIn("ada").accessToken
            let again = try await client.send(.post, "/api/users/me/email-verification", token: token)
            #expect(again.status == .serviceUnavailable)
        }
    }

    @Test("Whoever owns a verified address gets the link, not who only named it; nobody can verify it twice")
    func claimedAddress() async throws {
        let service = try UsersService()
        try await service.test { client in
            _ = try await client.register("ada", email: "ada@example.org")
            let first = try await service.mails.token(to: "ada@example.org", "Confirm")
            // Named by another before it is proved.
            #expect(try await client.register("eve", email: "ada@example.org").status == .created)
            try await eventually { service.mails.sent.count == 2 }
            let second = try await service.mails.token(to: "ada@example.org", "Confirm")
            let verify = "/api/users/email-verifications/confirm"
            #expect(try await client.send(.post, verify, ["token": .string(first)]).status == .noContent)
            #expect(try await client.send(.post, verify, ["token": .string(second)]).code == "invalid-link")
            _ = try await client.send(.post, Self.reset, ["email": "ada@example.org"])
            _ = try await service.mails.token(to: "ada@example.org", "A new")
            let resets = service.mails.sent.filter { $0.subject.hasPrefix("A new") }
            #expect(resets.map { $0.text.contains("Hello ada,") } == [true])
        }
    }

    @Test("A mail that cannot leave waits longer each time, and is given up after a day or a plain no")
    func retries() async throws {
        let service = try UsersService()
        let database = try service.database()
        let mails = RecordingMailSender()
        let clock = service.clock
        let worker = MailWorker(
            database: database,
            sender: mails,
            settings: MailSettings(issuer: "https://localhost:8443"),
            lifetimes: MailLifetimes(),
            now: { clock.unixNow },
            logger: service.harness.logger
        )
        let users = UserRepository(database: database)
        let user = try #require(
            try await users.create(username: "ada", password: "!", profile: .object([]), email: "a@b.example", now: 0)
        )
        func enqueue() async throws {
            try await database.write {
                try MailQueue.enqueue(.verifyEmail, to: user.id, email: "a@b.example", now: clock.unixNow, in: $0)
            }
        }
        try await enqueue()
        mails.fail(MailError(.unreachable, "told to"), MailError(.postponed, "told to"))
        #expect(try await worker.step())
        #expect(try await !worker.step())
        clock.advance(by: .seconds(29))
        #expect(try await !worker.step())
        clock.advance(by: .seconds(1))
        #expect(try await worker.step())
        clock.advance(by: .seconds(119))
        #expect(try await !worker.step())
        clock.advance(by: .seconds(1))
        #expect(try await worker.step())
        #expect(mails.sent.count == 1)

        try await enqueue()
        mails.fail(MailError(.refused, "no such user"))
        #expect(try await worker.step())
        #expect(try await database.read { try !MailQueue.isDue(now: .max, in: $0) })

        try await enqueue()
        mails.fail(MailError(.unreachable, "told to"))
        clock.advance(by: .seconds(86_400))
        #expect(try await worker.step())
        #expect(try await database.read { try !MailQueue.isDue(now: .max, in: $0) })
        #expect(mails.sent.count == 1)
    }

    @Test("A worker that died with a mail in its hand is followed by another, after the lease")
    func lease() async throws {
        let service = try UsersService()
        let database = try service.database()
        try await database.write { try MailQueue.request(reset: "a@b.example", now: 100, in: $0) }
        #expect(try await database.write { try MailQueue.claim(8, now: 100, in: $0) }.count == 1)
        #expect(try await database.write { try MailQueue.claim(8, now: 219, in: $0) }.isEmpty)
        let again = try await database.write { try MailQueue.claim(8, now: 220, in: $0) }
        #expect(again.map(\.attempts) == [2])
    }

    @Test("No link lies in the database")
    func secrecy() async throws {
        let service = try UsersService()
        try await service.test { client in
            _ = try await client.register("ada", email: "ada@example.org")
            let token = try await service.mails.token(to: "ada@example.org", "Confirm")
            for suffix in ["", "-wal"] {
                let path = service.settings.databasePath + suffix
                let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
                #expect(bytes.range(of: Data(token.utf8)) == nil)
            }
        }
    }
}

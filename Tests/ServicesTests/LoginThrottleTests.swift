// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import HTTPTypes
import ServiceKit
import Store
import StrictJSON
import TestSupport
import Testing

@testable import Users

@Suite("Guessing passwords")
struct LoginThrottleTests {
    @Test("A throttle lets its limit through, refuses the next, and opens when the lock is over")
    func machine() {
        let throttle = Throttle(limit: 3, window: 60, lock: 600)
        var counter = Throttle.Counter()
        for second in Int64(100)...102 { #expect(throttle.judge(&counter, now: second) == .admit) }
        #expect(throttle.judge(&counter, now: 103) == .refuse(seconds: 600))
        #expect(throttle.judge(&counter, now: 702) == .refuse(seconds: 1))
        #expect(throttle.expiry(of: counter) == 703)
        #expect(throttle.judge(&counter, now: 703) == .admit)
        #expect(counter.attempts == 1)
    }

    @Test("Attempts further apart than the window never lock")
    func slow() {
        let throttle = Throttle(limit: 1, window: 60, lock: 600)
        var counter = Throttle.Counter()
        for minute in Int64(1)...10 { #expect(throttle.judge(&counter, now: minute * 60) == .admit) }
        #expect(throttle.judge(&counter, now: 10 * 60 + 59) == .refuse(seconds: 600))
    }

    @Test("An account is locked after its attempts, for everybody, known or not, and opens by itself")
    func account() async throws {
        let service = try UsersService { $0.lockAfter = 3 }
        try await service.test { client in
            _ = try await client.register("ada")
            for name in ["ada", "nobody"] {
                for _ in 0..<3 { #expect(try await client.logIn(name, "wrong").status == .unauthorized) }
                let locked = try await client.logIn(name.uppercased())
                #expect(locked.status == .tooManyRequests)
                #expect(locked.code == "rate-limited")
                #expect(locked.headers[.retryAfter] == "900")
            }
            service.clock.advance(by: .seconds(899))
            #expect(try await client.logIn("ada").status == .tooManyRequests)
            service.clock.advance(by: .seconds(1))
            #expect(try await client.logIn("ada").status == .ok)
        }
    }

    @Test("A success starts the account's count anew; a hundred at once are not all let through")
    func success() async throws {
        let service = try UsersService { $0.lockAfter = 3 }
        try await service.test { client in
            _ = try await client.register("ada")
            for _ in 0..<3 {
                for _ in 0..<2 { #expect(try await client.logIn("ada", "wrong").status == .unauthorized) }
                #expect(try await client.logIn("ada").status == .ok)
            }
            let statuses = try await withThrowingTaskGroup(of: HTTPResponse.Status.self) { group in
                for _ in 0..<20 { group.addTask { try await client.logIn("ada", "wrong").status } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(statuses.count { $0 == .unauthorized } == 3)
            #expect(statuses.count { $0 == .tooManyRequests } == 17)
        }
    }

    @Test("A lock survives a restart; the console takes it off, and so does a reset by mail")
    func unlock() async throws {
        let service = try UsersService { $0.lockAfter = 3 }
        try await service.test { client in
            _ = try await client.register("ada", email: "ada@example.org")
            for _ in 0..<4 { _ = try await client.logIn("ada", "wrong") }
        }
        try await service.test { client in
            #expect(try await client.logIn("ada").status == .tooManyRequests)
            try await UsersConsole(settings: service.settings).unlock(username: "ada")
            #expect(try await client.logIn("ada").status == .ok)
            for _ in 0..<4 { _ = try await client.logIn("ada", "wrong") }
            _ = try await client.send(.post, "/api/users/password-resets", ["email": "ada@example.org"])
            let token = try await service.mails.token(to: "ada@example.org", "A new")
            let body: JSONValue = ["token": .string(token), "password": "battery staple"]
            #expect(
                try await client.send(.post, "/api/users/password-resets/confirm", body).status == .noContent
            )
            #expect(try await client.logIn("ada", "battery staple").status == .ok)
        }
    }

    @Test("One client address gets its failures over all accounts, a success gives one back")
    func address() async throws {
        let service = try UsersService { $0.addressLimit = 10 }
        try await service.test { client in
            let one = client.from("2001:db8:1:2::3")
            _ = try await one.register("ada")
            for number in 0..<9 { _ = try await one.logIn("user\(number)", "wrong") }
            #expect(try await one.logIn("ada").status == .ok)
            #expect(try await one.logIn("user9", "wrong").status == .unauthorized)
            #expect(try await one.logIn("ada").status == .tooManyRequests)
            let sameCustomer = client.from("2001:db8:1:2:ffff::9")
            #expect(try await sameCustomer.logIn("ada").status == .tooManyRequests)
            #expect(try await client.from("2001:db8:1:3::3").logIn("ada").status == .ok)
            // Who is not told apart is counted by account alone.
            for number in 10..<30 {
                #expect(try await client.logIn("user\(number)", "wrong").status == .unauthorized)
            }
        }
    }

    @Test(
        "Whose request it is, as the gateway says",
        arguments: [
            ("192.0.2.1", "192.0.2.1"), ("10.0.0.1, 192.0.2.1", "192.0.2.1"), ("2001:db8::1", "20:1:d:b8:0:0:0:0"),
            ("unknown", nil), ("", nil), ("192.0.2.1:80", nil),
        ] as [(String, String?)]
    )
    func clientAddress(_ value: String, _ key: String?) {
        #expect(ClientAddress.key([HTTPField.Name("x-forwarded-for")!: value]) == key)
    }

    @Test("The table of counters is kept small: what says nothing any more goes first, then the oldest")
    func sweep() async throws {
        let database = try UsersService().database()
        let throttles = ThrottleRepository(database: database)
        let throttle = Throttle(limit: 5, window: 60, lock: 600)
        for number in Int64(0)..<10 {
            _ = try await throttles.admit(
                [.init(subject: .account("u\(number)"), throttle: throttle)],
                now: 1000 + number
            )
        }
        #expect(try await database.write { try ThrottleRepository.sweep(now: 1061, limit: 100, in: $0) } == 2)
        #expect(
            try await database.write { try ThrottleRepository.sweep(now: 1061, limit: 100, capacity: 5, in: $0) } == 3
        )
        #expect(try await database.read { try ThrottleRepository.counter(.account("u9"), in: $0) }.attempts == 1)
        #expect(try await database.read { try ThrottleRepository.counter(.account("u4"), in: $0) }.attempts == 0)
    }

    @Test("Unknown names cost what the table's own hashes cost, each name always the same")
    func decoys() async throws {
        let database = try UsersService().database()
        let users = UserRepository(database: database)
        let cheap = "pbkdf2_sha256$1$salt$Vaz8BG5W4wifAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
        let hasher = PasswordHasher(n: 16)
        let dear = try await hasher.hash("correct horse")
        for number in 0..<10 {
            let password = number < 5 ? cheap : dear
            _ = try await users.create(username: "u\(number)", password: password, profile: .object([]), now: 0)
        }
        let decoys = PasswordDecoys(database: database)
        #expect(decoys.decoy(for: "eve") == nil)
        try await decoys.refresh()
        let classes = (0..<400).compactMap { decoys.decoy(for: "name\($0)")?.costClass }
        #expect(classes.count == 400)
        #expect(Set(classes).count == 2)
        let share = Double(classes.count { $0 == classes[0] }) / 400
        #expect((0.3...0.7).contains(share))
        #expect(decoys.decoy(for: "Eve")?.costClass == decoys.decoy(for: "eve")?.costClass)
        #expect(try await !hasher.verify("correct horse", against: nil, decoy: decoys.decoy(for: "eve")))
    }
}

// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import HTTPTypes
import ServiceKit
import StrictJSON
import Testing

@testable import Users

@Suite("Taking users over from Django")
struct DjangoImportTests {
    /// As `manage.py dumpdata auth.user` of Django 5.2 prints it.
    private static func row(
        _ pk: Int64,
        _ username: String,
        password: String = DjangoPasswordTests.vectors[3].encoded,
        email: String = "",
        active: Bool = true
    ) -> JSONValue {
        [
            "model": "auth.user",
            "pk": .integer(pk),
            "fields": [
                "password": .string(password), "last_login": .null, "is_superuser": false,
                "username": .string(username), "first_name": "Ada", "last_name": "Byron", "email": .string(email),
                "is_staff": false, "is_active": .bool(active), "date_joined": "2024-05-06T07:08:09.123Z", "groups": [],
                "user_permissions": [],
            ],
        ]
    }

    @Test("Numbers, names, addresses and hashes come along; people log in as before, and their hash is replaced")
    func journey() async throws {
        let service = try UsersService()
        let dump: JSONValue = [
            Self.row(42, "ada", email: "ada@example.org"), Self.row(43, "eve", active: false),
            Self.row(44, "bob", password: "!unusable"), ["model": "auth.group", "pk": 1, "fields": ["name": "x"]],
        ]
        let console = try UsersConsole(settings: service.settings)
        let dry = try await console.djangoImport.run(dump.encoded(), model: "auth.user", dryRun: true)
        let report = try await console.djangoImport.run(dump.encoded(), model: "auth.user", dryRun: false)
        #expect(dry == report)
        #expect(report.imported == 3 && report.withoutLogin == 1 && report.faults.isEmpty)
        let again = try await console.djangoImport.run(dump.encoded(), model: "auth.user", dryRun: false)
        #expect(again.imported == 0 && again.present == 3)

        try await service.test { client in
            let login = try await client.logIn("ada")
            #expect(login.body["user"]?["id"] == "42")
            let me = try await client.send(.get, "/api/users/me", token: login.accessToken)
            #expect(me.body["display_name"] == "Ada Byron")
            #expect(me.body["email"] == "ada@example.org")
            #expect(try await client.logIn("eve").status == .unauthorized)
            #expect(try await client.logIn("bob", "!unusable").status == .unauthorized)
            let stored = try await UserRepository(database: service.database()).find(username: "ada")?.password
            #expect(stored?.hasPrefix("scrypt$16$") == true)
            #expect(try await client.logIn("ada").status == .ok)
            // New users get numbers above the imported ones.
            #expect(try await client.register("new").body["id"] == "45")
        }
    }

    @Test("What cannot become a user is said, and the others come in")
    func faults() async throws {
        let service = try UsersService()
        let long = "x" + String(repeating: "y", count: 512)
        let dump: JSONValue = [
            Self.row(1, "good"), Self.row(0, "zero"), Self.row(2, "bad name"), Self.row(3, "c", email: "nonsense"),
            Self.row(4, "d", password: long), ["model": "auth.user", "pk": 5, "fields": [:]],
            ["model": "auth.user", "pk": "6"],
        ]
        let console = try UsersConsole(settings: service.settings)
        let report = try await console.djangoImport.run(dump.encoded(), model: "AUTH.User", dryRun: false)
        #expect(report.imported == 1)
        #expect(report.faults.count == 6)
        #expect(report.faults[1].contains("pk 2"))
        await #expect(throws: DjangoUser.Fault.self) {
            try await console.djangoImport.run(Array("{}".utf8), model: "auth.user", dryRun: false)
        }
        await #expect(throws: (any Error).self) {
            try await console.djangoImport.run(Array("[{]".utf8), model: "auth.user", dryRun: false)
        }
    }

    @Test("A name or number that is here already stays whose it is")
    func present() async throws {
        let service = try UsersService()
        try await service.test { client in
            _ = try await client.register("ada")
            let console = try UsersConsole(settings: service.settings)
            let dump: JSONValue = [Self.row(1, "mallory"), Self.row(9, "Ada")]
            let report = try await console.djangoImport.run(dump.encoded(), model: "auth.user", dryRun: false)
            #expect(report.present == 2 && report.imported == 0)
            #expect(try await client.logIn("ada").status == .ok)
        }
    }
}

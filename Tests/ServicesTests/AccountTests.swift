// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import HTTPTypes
import StrictJSON
import TestSupport
import Testing

@testable import Users

@Suite("One's own account", .timeLimit(.minutes(5)))
struct AccountTests {
    private static let endSessions = HTTPField.Name("gatecast-end-sessions")!

    @Test("Look at it, change the display name, take it away again")
    func profile() async throws {
        try await UsersService().test { client in
            _ = try await client.register("ada", email: "ada@example.org")
            let token = try await client.logIn("ada").accessToken
            let me = try await client.send(.get, "/api/users/me", token: token)
            #expect(me.body["display_name"] == .null)
            #expect(me.body["email"] == "ada@example.org")
            #expect(me.body["email_verified"] == false)
            #expect(me.body["roles"] == [])
            let named = try await client.send(.patch, "/api/users/me", ["display_name": "Ada"], token: token)
            #expect(named.body["display_name"] == "Ada")
            #expect(named.body["email"] == "ada@example.org")
            let bare = try await client.send(.patch, "/api/users/me", ["display_name": .null], token: token)
            #expect(bare.body["display_name"] == .null)
            let wrong = try await client.send(.patch, "/api/users/me", ["roles": ["admin"]], token: token)
            #expect(wrong.faults == ["roles"])
        }
    }

    @Test("A new address wants the password, is unverified, and is written to")
    func address() async throws {
        let service = try UsersService()
        try await service.test { client in
            _ = try await client.register("ada", email: "ada@example.org")
            let token = try await client.logIn("ada").accessToken
            let first = try await service.mails.token(to: "ada@example.org", "Confirm")
            #expect(
                try await client.send(.post, "/api/users/email-verifications/confirm", ["token": .string(first)]).status
                    == .noContent
            )
            #expect(try await client.send(.get, "/api/users/me", token: token).body["email_verified"] == true)

            let path = "/api/users/me"
            #expect(
                try await client.send(.patch, path, ["email": "new@example.org"], token: token).faults == [
                    "current_password"
                ]
            )
            let wrong: JSONValue = ["email": "new@example.org", "current_password": "wrong"]
            #expect(try await client.send(.patch, path, wrong, token: token).status == .unauthorized)
            let right: JSONValue = ["email": "new@example.org", "current_password": "correct horse"]
            let changed = try await client.send(.patch, path, right, token: token)
            #expect(changed.body["email"] == "new@example.org")
            #expect(changed.body["email_verified"] == false)
            let second = try await service.mails.token(to: "new@example.org", "Confirm")
            #expect(
                try await client.send(.post, "/api/users/email-verifications/confirm", ["token": .string(second)])
                    .status
                    == .noContent
            )
            let bad: JSONValue = ["email": "a@b\r\nBcc: c@d", "current_password": "correct horse"]
            #expect(try await client.send(.patch, path, bad, token: token).faults == ["email"])
            let idle: JSONValue = ["display_name": "Ada", "current_password": "correct horse"]
            #expect(try await client.send(.patch, path, idle, token: token).faults == ["current_password"])
        }
    }

    @Test("A new password ends every other login, tells the gateway so, and the owner by mail")
    func password() async throws {
        let service = try UsersService()
        try await service.test { client in
            _ = try await client.register("ada", email: "ada@example.org")
            let (here, there) = (try await client.logIn("ada"), try await client.logIn("ada"))
            let path = "/api/users/me/password"
            let body: JSONValue = ["current_password": "correct horse", "new_password": "battery staple"]
            let weak: JSONValue = ["current_password": "correct horse", "new_password": "password1"]
            #expect(try await client.send(.post, path, weak, token: here.accessToken).faults == ["new_password"])
            let wrong: JSONValue = ["current_password": "battery staple", "new_password": "battery staple"]
            #expect(try await client.send(.post, path, wrong, token: here.accessToken).status == .unauthorized)

            let changed = try await client.send(.post, path, body, token: here.accessToken)
            #expect(changed.status == .noContent)
            #expect(changed.headers[Self.endSessions] == "1; keep=current")
            #expect(try await client.refresh(here).status == .ok)
            #expect(try await client.refresh(there).status == .unauthorized)
            #expect(try await client.send(.get, "/api/users/me", token: there.accessToken).status == .unauthorized)
            #expect(try await client.logIn("ada").status == .unauthorized)
            #expect(try await client.logIn("ada", "battery staple").status == .ok)
            try await eventually { service.mails.sent.contains { $0.subject.hasPrefix("Your password") } }
        }
    }

    @Test("Leaving wants the password, and leaves nothing that logs in or refreshes")
    func leaving() async throws {
        try await UsersService().test { client in
            _ = try await client.register("ada")
            let login = try await client.logIn("ada")
            let wrong: JSONValue = ["current_password": "wrong"]
            #expect(
                try await client.send(.delete, "/api/users/me", wrong, token: login.accessToken).status == .unauthorized
            )
            let gone = try await client.send(
                .delete,
                "/api/users/me",
                ["current_password": "correct horse"],
                token: login.accessToken
            )
            #expect(gone.status == .noContent)
            #expect(gone.headers[Self.endSessions] == "1")
            #expect(try await client.refresh(login).status == .unauthorized)
            #expect(try await client.send(.get, "/api/users/me", token: login.accessToken).status == .unauthorized)
            #expect(try await client.logIn("ada").status == .unauthorized)
            #expect(try await client.register("ada").status == .created)
        }
    }

    @Test("A disabled user neither logs in nor refreshes nor reads; enabled again, logs in anew")
    func disabled() async throws {
        let service = try UsersService()
        try await service.test { client in
            _ = try await client.register("ada")
            let login = try await client.logIn("ada")
            let console = try UsersConsole(settings: service.settings)
            try await console.setDisabled(true, username: "ada")
            let refused = try await client.logIn("ada")
            #expect(refused.code == "invalid-credentials")
            #expect(try await client.refresh(login).status == .unauthorized)
            #expect(try await client.send(.get, "/api/users/me", token: login.accessToken).status == .unauthorized)
            try await console.setDisabled(false, username: "ada")
            #expect(try await client.refresh(login).status == .unauthorized)
            #expect(try await client.logIn("ada").status == .ok)
        }
    }
}

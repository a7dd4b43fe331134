// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation
internal import StrictJSON
internal import TestSupport
internal import Testing

/// users-service as a process, with its commands beside it.
@Suite("The users service's commands", .timeLimit(.minutes(5)))
struct UsersCommandTests {
    private let folder: ScratchFolder
    private let environment: [String: String]

    init() throws {
        self.folder = try ScratchFolder()
        self.environment = ["LISTEN": "127.0.0.1:0", "DATA": "\(self.folder.path)/data"]
    }

    private func run(_ arguments: String...) async throws -> CommandRun {
        try await CommandRun.run("users-service", arguments, environment: self.environment, in: self.folder.path)
    }

    private func post(_ port: Int, _ path: String, _ body: String) async throws -> Browser.Answer {
        try await PlainHTTP.send("POST", port: port, path, json: body)
    }

    @Test("People of a Django dump log in, are locked out, given roles and disabled, while the service runs")
    func accounts() async throws {
        try self.folder.write(
            "dump.json",
            #"""
            [{"model": "auth.user", "pk": 42, "fields": {"username": "ada", "is_active": true, "email": "",
            "password": "bcrypt_sha256$$2b$06$pJVc2s/oisA9kFg3iHh3z.Mu7rIh5NxSFDP7EAKy6r.4tnes9AFMG"}}]
            """#
        )
        let process = try ProductProcess("users-service", environment: self.environment, in: self.folder.path)
        let port = try await process.port(of: "users")
        #expect(try await self.run("import", "--dry-run", "dump.json").output.contains("would import 1"))
        let imported = try await self.run("import", "dump.json")
        #expect(imported.code == 0)
        #expect(imported.output.contains("imported 1, here already 0, refused 0"))
        #expect(try await self.run("account", "roles", "ada", "admin").code == 0)

        let right = #"{"username":"ada","password":"correct horse"}"#
        let login = try await self.post(port, "/tokens", right)
        #expect(login.status == 200)
        for _ in 0..<10 { _ = try await self.post(port, "/tokens", #"{"username":"ada","password":"wrong"}"#) }
        #expect(try await self.post(port, "/tokens", right).status == 429)
        #expect(try await self.run("account", "unlock", "ada").code == 0)
        #expect(try await self.post(port, "/tokens", right).status == 200)
        #expect(try await self.run("account", "disable", "ada").code == 0)
        #expect(try await self.post(port, "/tokens", right).status == 401)
        let unknown = try await self.run("account", "enable", "eve")
        #expect(unknown.code == 1)
        #expect(unknown.errors.contains("no user is called eve"))
        #expect(await process.end() == 0)
        #expect(!process.logText.contains("correct horse"))
    }

    @Test("keys list, rotate and drop show and change which key signs")
    func keys() async throws {
        let process = try ProductProcess("users-service", environment: self.environment, in: self.folder.path)
        _ = try await process.port(of: "users")
        let first = try await self.run("keys", "list").output
        #expect(first.contains("  ES256  signs  from "))
        let kid = String(first.dropFirst("kid ".count).prefix { $0 != " " })
        let only = try await self.run("keys", "drop", kid)
        #expect(only.code == 1)
        #expect(only.errors.contains("users-service keys rotate --now"))
        #expect(try await self.run("keys", "rotate", "--now").output.contains("  signs  from "))
        #expect(try await self.run("keys", "drop", kid).code == 0)
        #expect(try await !self.run("keys", "list").output.contains(kid))
        #expect(await process.end() == 0)
    }

    @Test("A wrong setting ends the start with 78 and says what to write", arguments: ["MAIL", "LOCK_AFTER"])
    func settings(_ key: String) async throws {
        let wrong = key == "MAIL" ? "smtp://u:hunter2@" : "1"
        let process = try ProductProcess(
            "users-service",
            environment: self.environment.merging([key: wrong]) { $1 },
            in: self.folder.path
        )
        #expect(await process.ended() == 78)
        #expect(process.logText.contains(key))
        #expect(!process.logText.contains("hunter2"))
    }
}

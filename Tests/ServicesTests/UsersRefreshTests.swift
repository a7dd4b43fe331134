// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import Foundation
import Settings
import Store
import StrictJSON
import Testing
import Tokens

@testable import Users

@Suite("Refresh token families")
struct UsersRefreshTests {
    private func record(used: Int64? = nil, ended: Int64? = nil) -> RefreshTokenFamily.Record {
        .init(
            expiresAt: 1000,
            familyExpiresAt: 5000,
            familyEndedAt: ended,
            usedAt: used,
            successorSalt: used.map { _ in [1] }
        )
    }

    @Test("The verdict at each limit and one past it")
    func verdicts() {
        #expect(RefreshTokenFamily.judge(self.record(), now: 999) == .rotate)
        #expect(RefreshTokenFamily.judge(self.record(), now: 1000) == .refuse)
        #expect(RefreshTokenFamily.judge(self.record(used: 500), now: 530) == .replay(salt: [1]))
        #expect(RefreshTokenFamily.judge(self.record(used: 500), now: 531) == .reuse)
        #expect(RefreshTokenFamily.judge(self.record(used: 500, ended: 505), now: 506) == .refuse)
        #expect(RefreshTokenFamily.judge(self.record(used: 4995), now: 5000) == .refuse)
    }

    @Test("A successor depends on the token and on the salt, and looks like any token")
    func successor() {
        let (a, b) = (RefreshToken.random(), RefreshToken.random())
        #expect(a.successor(salt: [1]) == a.successor(salt: [1]))
        #expect(a.successor(salt: [1]) != a.successor(salt: [2]))
        #expect(a.successor(salt: [1]) != b.successor(salt: [1]))
        #expect(RefreshToken(a.successor(salt: [1]).text) != nil)
        #expect(RefreshToken(String(repeating: "A", count: 42)) == nil)
        #expect(RefreshToken(String(repeating: "=", count: 43)) == nil)
    }

    @Test("No token text is in the database file; the sweep leaves what still matters")
    func sweep() async throws {
        let database = try ServiceDatabase.temporary(migrations: UsersApp.migrations)
        let directory = URL(fileURLWithPath: database.path).deletingLastPathComponent()
        defer {
            do { try FileManager.default.removeItem(at: directory) } catch { Issue.record("\(error)") }
        }
        let users = UserRepository(database: database)
        let tokens = RefreshTokenRepository(database: database, lifetime: 1000, familyLifetime: 5000)
        let user = try #require(try await users.create(username: "ada", password: "!", profile: .object([]), now: 0))
        #expect(try await users.create(username: "ADA", password: "!", profile: .object([]), now: 0) == nil)
        let first = try await tokens.start(for: .init(user: user, password: "!"), now: 0)
        guard case .issued(let second) = try await tokens.rotate(first.token, now: 100) else {
            Issue.record("not rotated")
            return
        }
        for suffix in ["", "-wal"] {
            let bytes = try Data(contentsOf: URL(fileURLWithPath: database.path + suffix))
            #expect(bytes.range(of: Data(second.token.text.utf8)) == nil)
        }
        #expect(try await tokens.sweep(now: 1000) == 0)
        #expect(try await tokens.sweep(now: 1001) == 1)
        #expect(try await tokens.rotate(first.token, now: 1001) == .refused)
        guard case .issued = try await tokens.rotate(second.token, now: 1001) else {
            Issue.record("the successor was swept")
            return
        }
        #expect(try await tokens.sweep(now: 5001) >= 1)
        #expect(try await tokens.rotate(second.token, now: 5001) == .refused)
    }

    @Test("Settings are read with units and bounds")
    func settings() throws {
        let settings = try UsersSettings(
            extra: [
                "ACCESS_LIFETIME": "5m", "PASSWORD_SCRYPT_N": "32768", "SIGNING_ALGORITHM": "EdDSA",
                "KEY_ROTATION": "30d",
                "LOCK_AFTER": "3", "LOCK_TIME": "1m", "ADDRESS_LIMIT": "10", "RESET_LIFETIME": "10m",
            ],
            issuer: "https://localhost:8443"
        )
        #expect(settings.accessLifetime == .seconds(300))
        #expect(settings.scryptN == 32_768)
        #expect(settings.algorithm == .edDSA)
        #expect(settings.keyRotation == .seconds(30 * 86_400))
        #expect(settings.lockAfter == 3 && settings.lockTime == .seconds(60) && settings.addressLimit == 10)
        #expect(try UsersSettings(extra: ["KEY_ROTATION": "0"], issuer: "https://x").keyRotation == .zero)
        for bad in [
            ["ACCESS_LIFETIME": "4m"], ["ACCESS_LIFETIME": "16m"], ["PASSWORD_SCRYPT_N": "8192"],
            ["PASSWORD_SCRYPT_N": "20000"],
            ["SIGNING_ALGORITHM": "none"], ["REFRESH_LIFETIME": "{}"],
            ["KEY_ROTATION": "23h"], ["KEY_ROTATION": "366d"], ["LOCK_AFTER": "2"], ["LOCK_AFTER": "101"],
            ["LOCK_TIME": "59s"], ["LOCK_TIME": "25h"], ["ADDRESS_LIMIT": "9"], ["RESET_LIFETIME": "9m"],
            ["VERIFICATION_LIFETIME": "31d"], ["PASSWORD_THREADS": "65"], ["PASSWORD_QUEUE": "0"],
        ] {
            #expect(throws: SettingsError.self) { try UsersSettings(extra: bad, issuer: "https://localhost:8443") }
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import Testing

@testable import Users

@Suite("Passwords")
struct UsersPasswordTests {
    @Test("Hashes are Django's format, differ by salt, and verify")
    func scrypt() async throws {
        let hasher = PasswordHasher(n: 16)
        let (a, b) = (try await hasher.hash("correct horse"), try await hasher.hash("correct horse"))
        #expect(a.hasPrefix("scrypt$16$") && a.split(separator: "$").count == 6)
        #expect(a != b)
        #expect(try await hasher.verify("correct horse", against: a))
        #expect(try await !hasher.verify("correct hors", against: a))
        #expect(try await !hasher.verify("", against: a))
        #expect(!hasher.isOutdated(a))
        #expect(PasswordHasher(n: 32).isOutdated(a))
    }

    @Test("RFC 7914 §12, with its second and third scrypt vectors")
    func rfc7914() throws {
        let small = try EncodedPassword.derive(Array("password".utf8), .scrypt(n: 1024, r: 8, p: 16), salt: "NaCl")
        #expect(small.prefix(8) == [0xfd, 0xba, 0xbe, 0x1c, 0x9d, 0x34, 0x72, 0x00])
        let large = try EncodedPassword.derive(
            Array("pleaseletmein".utf8),
            .scrypt(n: 16_384, r: 8, p: 1),
            salt: "SodiumChloride"
        )
        #expect(large.prefix(8) == [0x70, 0x23, 0xbd, 0xcb, 0x3a, 0xfd, 0x73, 0x48])
    }

    @Test("pbkdf2_sha256 of a migrated table verifies, and is outdated")
    func pbkdf2() async throws {
        // RFC 7914 §11: PBKDF2-HMAC-SHA-256 (P="passwd", S="salt", c=1), of which Django keeps 32 bytes.
        let hasher = PasswordHasher(n: 16)
        let derived = try EncodedPassword.derive(Array("passwd".utf8), .pbkdf2(iterations: 1), salt: "salt")
        #expect(derived.prefix(8) == [0x55, 0xac, 0x04, 0x6e, 0x56, 0xe3, 0x08, 0x9f])
        let ours = EncodedPassword(parameters: .pbkdf2(iterations: 1), salt: "salt", hash: derived).text
        #expect(try await hasher.verify("passwd", against: ours))
        #expect(try await !hasher.verify("passwD", against: ours))
        #expect(hasher.isOutdated(ours))
    }

    @Test(
        "What is unreadable, unusable or too costly never verifies",
        arguments: [
            "", "!", "!abc", "plain", "scrypt$16$salt$8$5$AAAA", "scrypt$17$s$8$5$AAAA", "scrypt$1048576$s$32$1$AAAA",
            "pbkdf2_sha256$99999999$s$AAAA", "argon2$argon2id$v=19$m=1,t=1,p=1$c2FsdA$aGFzaA",
        ]
    )
    func unusable(_ encoded: String) async throws {
        #expect(EncodedPassword(encoded) == nil)
        #expect(try await !PasswordHasher(n: 16).verify("x", against: encoded))
    }

    @Test("An unknown user costs a hash as well, and is refused")
    func unknown() async throws {
        #expect(try await !PasswordHasher(n: 16).verify("anything", against: nil))
    }

    @Test("A full queue says so at once, and takes work again when it has drained")
    func busy() async throws {
        let hasher = PasswordHasher(n: 4096, threads: 1, limit: 2)
        let outcomes = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<30 {
                group.addTask {
                    do { return try await !hasher.hash("correct horse").isEmpty } catch { return false }
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(outcomes.contains(true))
        #expect(outcomes.contains(false))
        #expect(try await !hasher.hash("again").isEmpty)
    }
}

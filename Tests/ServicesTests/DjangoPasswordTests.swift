// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import Testing

@testable import Users

/// Hashes made by a real Django: scripts/django-password-hashes.
@Suite("Passwords from Django")
struct DjangoPasswordTests {
    struct Vector: Sendable, CustomTestStringConvertible {
        let password: String
        let encoded: String
        var testDescription: String { String(self.encoded.prefix(24)) }
    }

    static let vectors: [Vector] = [
        Vector(
            password: "correct horse",
            encoded:
                "scrypt$16384$8P0xvSYPXWf9C6IEBa3SAe$8$5$DiyKpdWzYQjDi9LzlVKt2HxSJWWWMm/j1JPrJPeQxbf0WXOuPrpWtOfhk3KieaNYVcdyVWMDCbp54KqX7JIbFQ=="
        ),
        Vector(
            password: "пароль 密码 🔑",
            encoded: "pbkdf2_sha256$20000$hk3Ar0p12cDZ8fx3zpBz8E$Oa5RyePddek+PCcDwuaJeGzB4f8L/uBo3iZ+Jew4Wjg="
        ),
        Vector(
            password: "пароль 密码 🔑",
            encoded:
                "argon2$argon2id$v=19$m=102400,t=2,p=8$dXJSd0poZTdHcnN5Y043MUNaVEJpbg$jpPaD/Fa5tS7AYruXQ2zrLn9EynDB/0z/S5iuEr3ES4"
        ),
        Vector(
            password: "correct horse",
            encoded: "bcrypt_sha256$$2b$06$pJVc2s/oisA9kFg3iHh3z.Mu7rIh5NxSFDP7EAKy6r.4tnes9AFMG"
        ),
        Vector(
            password: "пароль 密码 🔑",
            encoded: "bcrypt_sha256$$2b$06$PArnqFmIYfznrGmUz68wsOEYqsoek0k5V7yRtNCzlAKJYVageVfIa"
        ),
        Vector(
            password: "correct horse",
            encoded: "bcrypt$$2b$06$OqulWskgAVt16EGwufsVCOSGKv4oS2YuW6hr.jCdqytQlFiDK3yJq"
        ),
        Vector(
            password: String(repeating: "x", count: 72),
            encoded: "bcrypt$$2b$06$NlMxKjpGSgxKZZRULLEH8.JHO32fyhFFt8sKks3i3Zq6Ow4qTEKeK"
        ),
    ]

    @Test(
        "Its hashes verify, another password does not, and all but our own kind are to be replaced",
        arguments: vectors
    )
    func verify(_ vector: Vector) async throws {
        let hasher = PasswordHasher(n: 16_384)
        #expect(try await hasher.verify(vector.password, against: vector.encoded))
        #expect(try await !hasher.verify("X" + vector.password.dropFirst(), against: vector.encoded))
        #expect(try await !hasher.verify("", against: vector.encoded))
        #expect(hasher.isOutdated(vector.encoded) == !vector.encoded.hasPrefix("scrypt"))
    }

    @Test("bcrypt looks at 72 bytes, as Django does; with SHA-256 before it at all of them")
    func bcryptLength() async throws {
        let hasher = PasswordHasher(n: 16)
        let plain = Self.vectors[6]
        #expect(try await hasher.verify(plain.password + "anything", against: plain.encoded))
        let long = Self.vectors[3]
        #expect(try await !hasher.verify(long.password + "anything", against: long.encoded))
    }

    @Test("A zero byte ends no password early: what C would cut never matches")
    func zeroByte() async throws {
        let vector = Self.vectors[5]
        #expect(try await !PasswordHasher(n: 16).verify(vector.password + "\0tail", against: vector.encoded))
        #expect(try await !PasswordHasher(n: 16).verify("\0" + vector.password, against: vector.encoded))
    }

    @Test(
        "Unreadable ones and those that cost more than a login may never verify",
        arguments: [
            "bcrypt$$2b$16$OqulWskgAVt16EGwufsVCOSGKv4oS2YuW6hr.jCdqytQlFiDK3yJq",
            "bcrypt$$2b$03$OqulWskgAVt16EGwufsVCOSGKv4oS2YuW6hr.jCdqytQlFiDK3yJq",
            "bcrypt$$1$06$OqulWskgAVt16EGwufsVCOSGKv4oS2YuW6hr.jCdqytQlFiDK3yJq", "bcrypt$$2b$06$short", "bcrypt$",
            "bcrypt", "argon2$argon2id$v=19$m=262145,t=2,p=8$c2FsdHNhbHQ$aGFzaGhhc2g",
            "argon2$argon2id$v=19$m=102400,t=17,p=8$c2FsdHNhbHQ$aGFzaGhhc2g",
            "argon2$argon2id$v=19$m=102400,t=2,p=17$c2FsdHNhbHQ$aGFzaGhhc2g",
            "argon2$argon2x$v=19$m=102400,t=2,p=8$c2FsdHNhbHQ$aGFzaGhhc2g", "argon2$argon2id$v=19$m=8,t=1$s$h",
            "md5$salt$5f4dcc3b5aa765d61d8327deb882cf99", "unsalted_sha1$$5baa61e4",
            "!T6Ayvzjfki5PjbXkUtM5LSVEiJKVxsVFPi2duPqP",
        ]
    )
    func refused(_ encoded: String) async throws {
        #expect(StoredPassword(encoded) == nil)
        #expect(try await !PasswordHasher(n: 16).verify("password", against: encoded))
    }

    @Test("At the limit of what a login may cost a hash is still read")
    func atTheLimit() {
        #expect(StoredPassword("bcrypt$$2b$15$OqulWskgAVt16EGwufsVCOSGKv4oS2YuW6hr.jCdqytQlFiDK3yJq") != nil)
        #expect(StoredPassword("argon2$argon2id$v=19$m=262144,t=16,p=16$c2FsdHNhbHQ$aGFzaGhhc2g") != nil)
    }
}

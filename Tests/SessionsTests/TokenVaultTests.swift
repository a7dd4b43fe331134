// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import Sessions
import Settings
import Testing

@Suite("The token vault")
struct TokenVaultTests {
    private let key = SessionKey(.random())
    private let vault = TokenVault(key: testKey)
    private let otherKey = Secret(bytes: Array(repeating: 9, count: 32))

    @Test("What is sealed opens, and never looks the same twice")
    func opens() throws {
        let sealed = vault.seal("tök.en", as: .access, of: key, generation: 3)
        #expect(try vault.open(sealed, as: .access, of: key, generation: 3) == "tök.en")
        #expect(sealed != vault.seal("tök.en", as: .access, of: key, generation: 3))
    }

    @Test("Every flipped byte fails closed")
    func flips() {
        let sealed = vault.seal("token", as: .access, of: key, generation: 1)
        for index in sealed.indices {
            var altered = sealed
            altered[index] ^= 1
            #expect(throws: TokenVault.Failure.self) { try vault.open(altered, as: .access, of: key, generation: 1) }
        }
        #expect(throws: TokenVault.Failure.damaged) {
            try vault.open(Array(sealed.dropLast()), as: .access, of: key, generation: 1)
        }
        #expect(throws: TokenVault.Failure.damaged) { try vault.open([], as: .access, of: key, generation: 1) }
    }

    @Test("Swapped fields, swapped sessions and an old generation fail closed")
    func swaps() {
        let sealed = vault.seal("token", as: .access, of: key, generation: 2)
        #expect(throws: TokenVault.Failure.damaged) { try vault.open(sealed, as: .refresh, of: key, generation: 2) }
        #expect(throws: TokenVault.Failure.damaged) { try vault.open(sealed, as: .access, of: key, generation: 3) }
        #expect(throws: TokenVault.Failure.damaged) {
            try vault.open(sealed, as: .access, of: SessionKey(.random()), generation: 2)
        }
    }

    @Test("The previous key still opens; a forgotten one does not")
    func rotation() throws {
        let sealed = vault.seal("token", as: .refresh, of: key, generation: 1)
        let rotated = TokenVault(key: otherKey, previousKey: testKey)
        #expect(try rotated.open(sealed, as: .refresh, of: key, generation: 1) == "token")
        let fresh = rotated.seal("token", as: .refresh, of: key, generation: 1)
        #expect(throws: TokenVault.Failure.unknownKey) { try vault.open(fresh, as: .refresh, of: key, generation: 1) }
        #expect(throws: TokenVault.Failure.unknownKey) {
            try TokenVault(key: otherKey).open(sealed, as: .refresh, of: key, generation: 1)
        }
    }
}

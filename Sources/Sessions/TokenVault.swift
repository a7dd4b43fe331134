// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Crypto
internal import Foundation
package import Settings

/// Seals tokens for the store with AES-256-GCM.
///
///     format 1 │ key id 4 bytes │ nonce 12 random bytes │ ciphertext │ tag 16
///
/// The associated data binds a sealed field to its session, its name and its generation: moved elsewhere, or put back
/// after a refresh, it does not open. Whatever does not open exactly is refused; there is no fallback.
package struct TokenVault: Sendable {
    package enum Field: String, Sendable, CaseIterable { case access, refresh }

    package enum Failure: Error, Sendable, Hashable {
        /// Sealed under a key that is neither the present nor the previous one.
        case unknownKey
        /// Altered, moved, put back, or not ours.
        case damaged
    }

    /// Of a key, in bytes.
    package static let keyLength = 32
    private static let format: UInt8 = 1
    private static let idLength = 4
    private static let nonceLength = 12
    private static let tagLength = 16

    private struct Entry: Sendable {
        let id: [UInt8]
        let key: SymmetricKey

        init(_ secret: Secret) {
            self.key = SymmetricKey(data: secret.bytes)
            let name = Array("gatecast session key".utf8)
            self.id = Array(HMAC<SHA256>.authenticationCode(for: name, using: key).prefix(TokenVault.idLength))
        }
    }

    private let current: Entry
    private let previous: Entry?

    /// Each key must have 32 bytes; `SessionSettings` sees to that with a sentence.
    package init(key: Secret, previousKey: Secret? = nil) {
        precondition(key.bytes.count == Self.keyLength, "a session key has 32 bytes")
        precondition(previousKey.map { $0.bytes.count == Self.keyLength } ?? true, "a session key has 32 bytes")
        self.current = Entry(key)
        self.previous = previousKey.map { Entry($0) }
    }

    package func seal(_ token: String, as field: Field, of key: SessionKey, generation: UInt64) -> [UInt8] {
        let associated = Self.associatedData(key, field, generation)
        do {
            let box = try AES.GCM.seal(
                Array(token.utf8),
                using: current.key,
                nonce: AES.GCM.Nonce(),
                authenticating: associated
            )
            return [Self.format] + current.id + Array(box.nonce) + Array(box.ciphertext) + Array(box.tag)
        } catch {
            // AES-GCM refuses only keys of a wrong length, which `init` has ruled out.
            preconditionFailure("AES-GCM did not seal: \(error)")
        }
    }

    package func open(
        _ sealed: [UInt8],
        as field: Field,
        of key: SessionKey,
        generation: UInt64
    ) throws(Failure) -> String {
        let head = 1 + Self.idLength
        guard sealed.count >= head + Self.nonceLength + Self.tagLength, sealed[0] == Self.format else { throw .damaged }
        guard let entry = entry(id: sealed[1..<head]) else { throw .unknownKey }
        let plain: Data
        do {
            let box = try AES.GCM.SealedBox(combined: sealed[head...])
            plain = try AES.GCM.open(box, using: entry.key, authenticating: Self.associatedData(key, field, generation))
        } catch {
            throw .damaged
        }
        guard let token = String(validating: plain, as: UTF8.self) else { throw .damaged }
        return token
    }

    private func entry(id: ArraySlice<UInt8>) -> Entry? {
        if id.elementsEqual(current.id) { return current }
        return previous.flatMap { id.elementsEqual($0.id) ? $0 : nil }
    }

    private static func associatedData(_ key: SessionKey, _ field: Field, _ generation: UInt64) -> [UInt8] {
        var data = key.bytes
        data.append(contentsOf: field.rawValue.utf8)
        data.append(0)
        for shift in stride(from: UInt64(56), through: 0, by: -8) {
            data.append(UInt8(truncatingIfNeeded: generation >> shift))
        }
        return data
    }
}

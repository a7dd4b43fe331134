// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import CCrypt
internal import Crypto
internal import Foundation

/// Django's `bcrypt$$2b$12$…` and `bcrypt_sha256$$2b$12$…`, verified by the system's `crypt_r`.
struct BcryptPassword: Sendable, Equatable {
    /// Rounds are two to this power: beyond it one login would take longer than anybody waits.
    static let costs = 4...15
    /// bcrypt looks at no more, as Django's own hasher does not.
    private static let significantBytes = 72

    /// The crypt hash: `$2b$12$`, 22 characters of salt and 31 of hash.
    let text: String
    /// bcrypt of the lower-case hex SHA-256, so that long passwords count whole.
    let isPrehashed: Bool
    let cost: Int

    init?(_ encoded: String) {
        guard let dollar = encoded.firstIndex(of: "$") else { return nil }
        switch encoded[..<dollar] {
        case "bcrypt": self.isPrehashed = false
        case "bcrypt_sha256": self.isPrehashed = true
        default: return nil
        }
        self.text = String(encoded[encoded.index(after: dollar)...])
        let parts = self.text.split(separator: "$", omittingEmptySubsequences: false)
        guard parts.count == 4, parts[0].isEmpty, ["2a", "2b", "2y"].contains(parts[1]),
            parts[2].utf8.count == 2, let cost = Int(parts[2]), Self.costs.contains(cost),
            parts[3].utf8.count == 53, parts[3].utf8.allSatisfy(Self.isLetter)
        else { return nil }
        self.cost = cost
    }

    /// Slow on purpose: never on an event loop.
    func matches(_ password: [UInt8]) -> Bool {
        let key = self.isPrehashed ? Self.hexadecimal(SHA256.hash(data: password)) : password
        // C ends the password at a zero byte, and then others would match too: such a one never does, for the same work.
        let isText = !key.contains(0)
        let terminated = key.prefix(Self.significantBytes).map { CChar(bitPattern: $0 == 0 ? 1 : $0) } + [0]
        var output = [CChar](repeating: 0, count: 128)
        guard gatecast_crypt(terminated, self.text, &output, output.count) == 1 else { return false }
        let made = output.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        let expected = [UInt8](self.text.utf8)
        guard made.count == expected.count else { return false }
        return zip(made, expected).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0 && isText
    }

    private static func hexadecimal(_ digest: SHA256.Digest) -> [UInt8] {
        let digits = [UInt8]("0123456789abcdef".utf8)
        return digest.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
    }

    /// bcrypt's own base64.
    private static func isLetter(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "/"):
            true
        default: false
        }
    }
}

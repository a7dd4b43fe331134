// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Crypto
internal import CryptoExtras
internal import Foundation

/// A password hash in Django's encoded formats, so that a users table can come from there or go there:
/// `scrypt$N$salt$r$p$b64` and `pbkdf2_sha256$iterations$salt$b64`. Salts are their ASCII text.
struct EncodedPassword: Sendable, Equatable {
    enum Parameters: Sendable, Equatable {
        case scrypt(n: Int, r: Int, p: Int)
        case pbkdf2(iterations: Int)
    }

    let parameters: Parameters
    let salt: String
    let hash: [UInt8]

    init(parameters: Parameters, salt: String, hash: [UInt8]) {
        self.parameters = parameters
        self.salt = salt
        self.hash = hash
    }

    /// `nil` for another format, or parameters that would cost more than a login may: 256 MiB or 5 million rounds.
    init?(_ text: String) {
        let parts = text.split(separator: "$", omittingEmptySubsequences: false).map(String.init)
        switch parts.first {
        case "scrypt":
            guard parts.count == 6, let n = Int(parts[1]), let r = Int(parts[3]), let p = Int(parts[4]),
                (2...(1 << 20)).contains(n), n.nonzeroBitCount == 1, (1...32).contains(r), (1...16).contains(p),
                128 * n * r <= 256 << 20,
                let hash = Data(base64Encoded: parts[5]), hash.count == 64
            else { return nil }
            self.init(parameters: .scrypt(n: n, r: r, p: p), salt: parts[2], hash: [UInt8](hash))
        case "pbkdf2_sha256":
            guard parts.count == 4, let iterations = Int(parts[1]), (1...5_000_000).contains(iterations),
                let hash = Data(base64Encoded: parts[3]), hash.count == 32
            else { return nil }
            self.init(parameters: .pbkdf2(iterations: iterations), salt: parts[2], hash: [UInt8](hash))
        default:
            return nil
        }
        guard !self.salt.isEmpty, self.salt.utf8.count <= 128 else { return nil }
    }

    var text: String {
        let hash = Data(self.hash).base64EncodedString()
        return switch self.parameters {
        case .scrypt(let n, let r, let p): "scrypt$\(n)$\(self.salt)$\(r)$\(p)$\(hash)"
        case .pbkdf2(let iterations): "pbkdf2_sha256$\(iterations)$\(self.salt)$\(hash)"
        }
    }

    /// Slow on purpose: never on an event loop.
    static func derive(_ password: [UInt8], _ parameters: Parameters, salt: String) throws -> [UInt8] {
        let key =
            switch parameters {
            case .scrypt(let n, let r, let p):
                try KDF.Scrypt.deriveKey(
                    from: password,
                    salt: [UInt8](salt.utf8),
                    outputByteCount: 64,
                    rounds: n,
                    blockSize: r,
                    parallelism: p
                )
            case .pbkdf2(let iterations):
                try KDF.Insecure.PBKDF2.deriveKey(
                    from: password,
                    salt: [UInt8](salt.utf8),
                    using: .sha256,
                    outputByteCount: 32,
                    unsafeUncheckedRounds: iterations
                )
            }
        return key.withUnsafeBytes { [UInt8]($0) }
    }

    /// Looks at every byte, whatever the first ones say.
    func matches(_ derived: [UInt8]) -> Bool {
        guard derived.count == self.hash.count else { return false }
        return zip(derived, self.hash).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }
}

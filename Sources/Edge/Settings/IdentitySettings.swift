// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

package import Settings
package import Tokens

/// `identity`: the keys of `Gatecast-Identity` (jwt.md §5). Files are opened here, so that `gatecast check` finds what
/// `serve` would.
///
/// A roll takes three steps, an hour apart: publish the new key as `nextKeyFile`; make it `keyFile` and the old one
/// `previousKeyFile`; remove that.
package struct IdentitySettings: Sendable {
    /// Signs; `nil`: a key of this node's own, kept under `data`.
    package var key: SigningKey?
    /// Published only.
    package var next: SigningKey?
    package var previous: SigningKey?
    /// Of a key that has to be made.
    package var algorithm: SigningKey.Algorithm = .edDSA

    package init() {}

    package init(node: SettingsNode?) throws(SettingsError) {
        guard let node else { return }
        var map = try node.map()
        if let file = map.take("keyFile") { self.key = try Self.load(file) }
        if let file = map.take("nextKeyFile") { self.next = try Self.load(file) }
        if let file = map.take("previousKeyFile") { self.previous = try Self.load(file) }
        if let algorithm = map.take("algorithm") {
            self.algorithm = try algorithm.choice(SigningKey.Algorithm.self)
            guard self.algorithm != .rs256 else { throw Self.refused(algorithm) }
        }
        try map.finish()
        guard self.key != nil || (self.next == nil && self.previous == nil) else {
            throw node.error("a key to roll to or from needs the one that signs", advice: "identity: { keyFile: … }")
        }
    }

    /// The first one signs.
    /// - Parameter made: loads or makes the node's own key, where no file is named.
    package func keys(_ made: (SigningKey.Algorithm) throws -> SigningKey) rethrows -> [SigningKey] {
        [try self.key ?? made(self.algorithm)] + [self.next, self.previous].compactMap { $0 }
    }

    private static func load(_ node: SettingsNode) throws(SettingsError) -> SigningKey {
        let key: SigningKey
        do { key = try SigningKey.load(path: node.string()) } catch let error as SettingsError {
            throw error
        } catch {
            throw node.error(
                "\(error)",
                advice: "a PEM private key of mode 0600: openssl genpkey -algorithm ed25519 -out identity-key.pem"
            )
        }
        guard key.algorithm != .rs256 else { throw Self.refused(node) }
        return key
    }

    private static func refused(_ node: SettingsNode) -> SettingsError {
        node.error("RSA is too slow to sign requests with", advice: "EdDSA or ES256")
    }
}

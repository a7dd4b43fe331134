// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Crypto
internal import CryptoExtras
internal import FoundationEssentials
package import Settings
internal import StrictJSON

/// The usable keys of one issuer. Immutable; a newer set replaces it whole.
package struct KeySet: Sendable {
    /// Keys in one set, usable or not.
    package static let maximumKeys = 100

    /// Why a JWK does not serve. The set's other keys do.
    package enum SkipReason: String, Error, Sendable, Hashable, CaseIterable {
        case malformed
        /// `use` is not `sig`, or `key_ops` does not hold `verify`.
        case use
        case keyID = "key-id"
        case algorithm
        /// A `kty` or `crv` we do not implement; `oct` in a fetched set.
        case unsupported
        case weak
        /// Two usable keys have one `kid`: neither serves.
        case duplicate
    }

    /// Why a document is no key set at all.
    package struct LoadError: Error, Sendable, Hashable, CustomStringConvertible {
        package let description: String
    }

    package let keys: [VerificationKey]
    /// Keys that do not serve, in the order of the document.
    package let skipped: [SkipReason]
    /// Keys published with their private half: an alarm for their owner.
    package let privateKeys: Int
    /// False for the set of an issuer whose keys have not been fetched yet, or are too old.
    package let isAvailable: Bool
    /// By the bytes of the `kid`: Swift's strings compare by canonical equivalence, key ids do not.
    private let byID: [[UInt8]: Int]

    /// No keys are known: verification answers `.keysUnavailable`.
    package static let unavailable = KeySet(keys: [], skipped: [], privateKeys: 0, isAvailable: false)

    /// SHA-256 of the document, to see whether a newer one says anything new; empty for keys of other origin.
    let digest: [UInt8]

    private init(
        keys: [VerificationKey],
        skipped: [SkipReason],
        privateKeys: Int,
        isAvailable: Bool = true,
        digest: [UInt8] = []
    ) {
        self.digest = digest
        self.keys = keys
        self.skipped = skipped
        self.privateKeys = privateKeys
        self.isAvailable = isAvailable
        var byID: [[UInt8]: Int] = [:]
        for (index, key) in keys.enumerated() {
            if let id = key.id { byID[[UInt8](id.utf8)] = index }
        }
        self.byID = byID
    }

    /// Reads a JWK set, or a single JWK.
    ///
    /// - Parameter allowingSecrets: whether `oct` keys count; for documents of the operator's own hand only.
    package init(jwks: [UInt8], allowingSecrets: Bool = false) throws(LoadError) {
        let document: JSONValue
        do {
            document = try JSONScanner.parse(jwks, limits: JSONLimits(depth: 8, members: 256))
        } catch {
            throw LoadError(description: "not strict JSON: \(error)")
        }
        guard case .object = document else { throw LoadError(description: "not a JSON object") }
        let list: [JSONValue]
        if let keys = document["keys"] {
            guard let array = keys.array else { throw LoadError(description: "\"keys\" is not an array") }
            list = array
        } else if document["kty"] != nil {
            list = [document]
        } else {
            throw LoadError(description: "no member \"keys\"")
        }
        guard list.count <= Self.maximumKeys else {
            throw LoadError(description: "\(list.count) keys, more than \(Self.maximumKeys)")
        }
        self.init(judging: list, secrets: allowingSecrets, digest: [UInt8](SHA256.hash(data: jwks)))
    }

    private init(judging list: [JSONValue], secrets: Bool, digest: [UInt8]) {
        var usable: [VerificationKey] = []
        var skipped: [SkipReason] = []
        for jwk in list {
            do throws(SkipReason) {
                usable.append(try JSONWebKey.judge(jwk, secrets: secrets))
            } catch {
                skipped.append(error)
            }
        }
        var uses: [[UInt8]: Int] = [:]
        for case let id? in usable.map(\.id) { uses[[UInt8](id.utf8), default: 0] += 1 }
        let unique = usable.filter { key in key.id.map { uses[[UInt8]($0.utf8)] == 1 } ?? true }
        skipped += Array(repeating: .duplicate, count: usable.count - unique.count)
        self.init(
            keys: unique,
            skipped: skipped,
            privateKeys: list.count { JSONWebKey.holdsPrivateMembers($0) },
            digest: digest
        )
    }

    /// A shared secret. Its length was judged by `IssuerProfile`.
    package init(secret: Secret) {
        let key = VerificationKey(id: nil, material: .secret(SymmetricKey(data: secret.bytes)))
        self.init(keys: [key], skipped: [], privateKeys: 0)
    }

    /// One public key in PEM (SubjectPublicKeyInfo): Ed25519, P-256, P-384, or RSA of 2048 bits and more.
    package init(publicKeyPEM pem: String) throws(LoadError) {
        guard let material = Self.material(pem: pem) else {
            throw LoadError(description: "not a PEM public key of Ed25519, P-256, P-384 or RSA (2048 bits or more)")
        }
        self.init(keys: [VerificationKey(id: nil, material: material)], skipped: [], privateKeys: 0)
    }

    /// Rule 5: by `kid` in this set only; without one only if exactly one key is usable under `algorithms`.
    func key(id: String?, algorithms: Set<SignatureAlgorithm>) throws(TokenError) -> VerificationKey {
        guard self.isAvailable else { throw TokenError(.keysUnavailable) }
        if let id {
            guard let index = self.byID[[UInt8](id.utf8)] else { throw TokenError(.unknownKey) }
            return self.keys[index]
        }
        let usable = self.keys.filter { !$0.algorithms.isDisjoint(with: algorithms) }
        guard usable.count == 1 else { throw TokenError(.keyIDMissing) }
        return usable[0]
    }

    func holds(_ id: String) -> Bool { self.byID[[UInt8](id.utf8)] != nil }

    /// The kinds are tried in turn: each initialiser refuses the others' object identifiers, so an error only means "not this one".
    private static func material(pem: String) -> VerificationKey.Material? {
        if let key = try? Curve25519.Signing.PublicKey(pemRepresentation: pem) { return .ed25519(key) }
        if let key = try? P256.Signing.PublicKey(pemRepresentation: pem) { return .p256(key) }
        if let key = try? P384.Signing.PublicKey(pemRepresentation: pem) { return .p384(key) }
        if let key = try? _RSA.Signing.PublicKey(pemRepresentation: pem), key.keySizeInBits <= 8192 { return .rsa(key) }
        return nil
    }
}

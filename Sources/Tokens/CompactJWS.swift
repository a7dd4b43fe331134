// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import StrictJSON

/// A token in compact serialization (RFC 7515 §7.1), taken apart under rules 1, 2, 3, 6 and 7 of `docs/jwt.md`.
/// Nothing in it is true yet.
struct CompactJWS {
    static let maximumLength = 8192
    static let maximumHeaderLength = 1024

    let header: JSONValue
    let payload: [UInt8]
    let signature: [UInt8]
    /// The bytes under the signature: encoded header, dot, encoded payload.
    let signingInput: ArraySlice<UInt8>

    init(_ token: String) throws(TokenError) {
        let bytes = [UInt8](token.utf8)
        guard bytes.count <= Self.maximumLength else { throw TokenError(.tooLong) }
        let parts = bytes.split(separator: UInt8(ascii: "."), maxSplits: 3, omittingEmptySubsequences: false)
        guard parts.count == 3, parts.allSatisfy({ !$0.isEmpty }) else { throw TokenError(.malformed) }
        guard parts[0].count <= Self.maximumHeaderLength else { throw TokenError(.headerTooLong) }
        guard let header = Base64URL.decode(parts[0]),
            let payload = Base64URL.decode(parts[1]),
            let signature = Base64URL.decode(parts[2])
        else { throw TokenError(.encoding) }
        self.header = try Self.object(header, else: .headerJSON)
        self.payload = payload
        self.signature = signature
        self.signingInput = bytes[..<parts[1].endIndex]
        guard self.header["crit"] == nil else { throw TokenError(.critical, offeredKey: self.offersKey) }
        guard self.header["b64"] == nil else { throw TokenError(.unencodedPayload, offeredKey: self.offersKey) }
    }

    /// One JSON object and nothing else, depth ≤ 8, ≤ 64 members an object.
    static func object(_ bytes: [UInt8], else reason: TokenError.Reason) throws(TokenError) -> JSONValue {
        do {
            let value = try JSONScanner.parse(bytes, limits: .token)
            guard case .object = value else { throw TokenError(reason) }
            return value
        } catch {
            throw TokenError(reason)
        }
    }

    func claims() throws(TokenError) -> JSONValue { try Self.object(self.payload, else: .claimsJSON) }

    /// The header brings or points to a key of its own. Such members are never used and never fetched.
    var offersKey: Bool {
        ["jwk", "jku", "x5u", "x5c"].contains { self.header[$0] != nil }
    }

    var algorithm: SignatureAlgorithm {
        get throws(TokenError) {
            guard let name = self.header["alg"]?.string else { throw TokenError(.algorithmMissing) }
            guard let algorithm = SignatureAlgorithm(rawValue: name) else { throw TokenError(.algorithmUnknown) }
            return algorithm
        }
    }

    /// `nil`: absent.
    var keyID: String? {
        get throws(TokenError) {
            guard let value = self.header["kid"] else { return nil }
            guard let text = value.string, text.utf8.count <= 256 else { throw TokenError(.keyIDInvalid) }
            return text
        }
    }

    /// Lower case, without `application/`; `nil`: absent.
    var type: String? {
        get throws(TokenError) {
            guard let value = self.header["typ"] else { return nil }
            guard let text = value.string else { throw TokenError(.type) }
            return Self.normalisedType(text)
        }
    }

    /// RFC 7515 §4.1.9: types are compared without case, `application/` may be left out.
    static func normalisedType(_ type: String) -> String {
        let lower = type.lowercased()
        return lower.hasPrefix("application/") ? String(lower.dropFirst("application/".count)) : lower
    }
}

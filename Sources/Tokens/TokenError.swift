// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

/// Why a token was refused. For the log and the metrics only: a client hears `invalid-token` or `keys-unavailable`.
package struct TokenError: Error, Sendable, Hashable, CustomStringConvertible {
    /// A closed list: it is a metric label.
    package enum Reason: String, Sendable, CaseIterable {
        /// More than 8 KiB.
        case tooLong = "too-long"
        /// More than 1 KiB of encoded header.
        case headerTooLong = "header-too-long"
        /// Not exactly three non-empty parts.
        case malformed
        /// Not base64url, or padded, or with non-zero trailing bits.
        case encoding
        /// Header is not one strict JSON object.
        case headerJSON = "header-json"
        /// Claims are not one strict JSON object.
        case claimsJSON = "claims-json"
        case algorithmMissing = "algorithm-missing"
        /// `none`, another spelling, or one we do not implement.
        case algorithmUnknown = "algorithm-unknown"
        /// Known, but not in this issuer's list.
        case algorithmRefused = "algorithm-refused"
        /// In the issuer's list, but not for this key.
        case algorithmForKey = "algorithm-for-key"
        /// `crit` is present (RFC 7515 §4.1.11).
        case critical
        /// `b64` is present (RFC 7797): unencoded payloads are not supported.
        case unencodedPayload = "unencoded-payload"
        case type
        case keyIDInvalid = "key-id-invalid"
        /// No `kid`, and not exactly one usable key.
        case keyIDMissing = "key-id-missing"
        /// The issuer's set holds no usable key of this `kid`.
        case unknownKey = "unknown-key"
        /// No key set of this issuer could be fetched yet, or the last one is too old.
        case keysUnavailable = "keys-unavailable"
        case issuerMissing = "issuer-missing"
        case issuerInvalid = "issuer-invalid"
        case issuerUnknown = "issuer-unknown"
        case signature
        case audience
        case expiryMissing = "expiry-missing"
        /// `exp`, `nbf` or `iat` is no finite number in 0…2^53.
        case timeInvalid = "time-invalid"
        case expired
        case notYetValid = "not-yet-valid"
        case issuedInFuture = "issued-in-future"
        case lifetime
        case subject
        case requiredClaim = "required-claim"
        case tokenIDInvalid = "token-id-invalid"
        /// By its `jti`, or with all of its user's.
        case revoked
        /// What is revoked could not be read yet.
        case revocationsUnavailable = "revocations-unavailable"
    }

    package let reason: Reason
    /// The header named a key of its own (`jwk`, `jku`, `x5u`, `x5c`), which nobody looked at.
    package var offeredKey = false

    package init(_ reason: Reason, offeredKey: Bool = false) {
        self.reason = reason
        self.offeredKey = offeredKey
    }

    /// A fresh key set might change the verdict.
    package var isAboutKeys: Bool { self.reason == .unknownKey || self.reason == .keysUnavailable }

    package var description: String { self.reason.rawValue }
}

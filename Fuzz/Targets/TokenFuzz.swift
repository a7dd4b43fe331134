// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import Settings
import StrictJSON

@testable import Tokens

extension FuzzTarget {
    static let token = FuzzTarget(name: "token") { (bytes) throws(Broken) in try TokenFuzz.check(bytes) }
}

/// Compact JWS: what is taken apart goes together again to the same text, and nothing verifies but what was signed.
enum TokenFuzz {
    private static let now: Int64 = 1_800_000_000
    static let secret = Secret("a secret that only fuzzing knows, 48 bytes long")
    private static let issuer = TokenIssuer(issuer: "https://fuzz.example", audience: ["fuzz"], secret: secret)
    private static let verifier: TokenVerifier = {
        var profile = IssuerProfile(iss: "https://fuzz.example", audience: ["fuzz"], source: .secret(secret))
        profile.types = ["jwt", "at+jwt"]
        profile.allowsNoType = true
        return TokenVerifier(profiles: [(profile, KeySet(secret: secret))])
    }()

    static func check(_ bytes: [UInt8]) throws(FuzzTarget.Broken) {
        let text = String(decoding: bytes, as: UTF8.self)
        if let jws = try? CompactJWS(text) {
            let parts = text.split(separator: ".", omittingEmptySubsequences: false)
            try FuzzTarget.require(parts.count == 3, "not three parts")
            try FuzzTarget.require(Base64URL.encode(jws.payload) == parts[1], "two spellings of one payload")
            try FuzzTarget.require(Base64URL.encode(jws.signature) == parts[2], "two spellings of one signature")
            try FuzzTarget.require(
                jws.signingInput.elementsEqual("\(parts[0]).\(parts[1])".utf8),
                "signed are other bytes"
            )
        }
        guard (try? self.verifier.verify(text, now: self.now)) != nil else { return }
        // Nobody guesses an HMAC: whatever verifies was signed with this secret over these very bytes.
        let parts = text.split(separator: ".").map(String.init)
        try FuzzTarget.require(parts.count == 3, "verified without three parts")
        for index in parts[2].utf8.indices.prefix(4) {
            var changed = Array(parts[2].utf8)
            let offset = parts[2].utf8.distance(from: parts[2].utf8.startIndex, to: index)
            changed[offset] = changed[offset] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
            let forged = "\(parts[0]).\(parts[1]).\(String(decoding: changed, as: UTF8.self))"
            try FuzzTarget.require(
                (try? self.verifier.verify(forged, now: self.now)) == nil,
                "a changed signature verifies"
            )
        }
    }
}

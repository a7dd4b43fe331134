// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import StrictJSON

/// Rules 10 to 13 of `docs/jwt.md`: what the claims must say once the signature holds.
struct ClaimRules {
    let profile: IssuerProfile
    let claims: JSONValue
    /// Unix seconds.
    let now: Int64

    /// Answers the verified times. `iss` was compared before: it chose the profile.
    func check() throws(TokenError) -> (expiresAt: Int64, issuedAt: Int64?) {
        try self.checkAudience()
        let times = try self.checkTimes()
        for member in self.profile.require where !Self.equals(self.claims[member.name], member.value) {
            throw TokenError(.requiredClaim)
        }
        return times
    }

    func subject() throws(TokenError) -> String {
        for name in self.profile.subjectClaims {
            switch self.claims[name] {
            case nil: continue
            case .string(let text):
                guard (1...255).contains(text.utf8.count) else { throw TokenError(.subject) }
                return text
            case .integer(let number): return String(number)
            default: throw TokenError(.subject)
            }
        }
        throw TokenError(.subject)
    }

    func tokenID() throws(TokenError) -> String? {
        guard let value = self.claims["jti"] else { return nil }
        guard let text = value.string else { throw TokenError(.tokenIDInvalid) }
        return text
    }

    private func checkAudience() throws(TokenError) {
        guard !self.profile.audience.isEmpty else {
            // The profile says `absent`: a token for some audience is not for us (RFC 7519 §4.1.3).
            guard self.claims["aud"] == nil else { throw TokenError(.audience) }
            return
        }
        let names: [String]
        switch self.claims["aud"] {
        case .string(let name): names = [name]
        case .array(let values):
            names = values.compactMap(\.string)
            guard values.count <= 16, names.count == values.count else { throw TokenError(.audience) }
        default: throw TokenError(.audience)
        }
        guard names.contains(where: { name in self.profile.audience.contains { $0.isExactly(name) } }) else {
            throw TokenError(.audience)
        }
    }

    private func checkTimes() throws(TokenError) -> (expiresAt: Int64, issuedAt: Int64?) {
        let now = Double(self.now)
        let leeway = Double(self.profile.leeway.components.seconds)
        guard let expiry = try self.time("exp") else { throw TokenError(.expiryMissing) }
        guard now < expiry + leeway else { throw TokenError(.expired) }
        if let notBefore = try self.time("nbf"), notBefore > now + leeway { throw TokenError(.notYetValid) }
        let issued = try self.time("iat")
        if let issued, issued > now + leeway { throw TokenError(.issuedInFuture) }
        let lifetime = Double(self.profile.maxLifetime.components.seconds)
        // Without `iat` the token may be as old as it likes, so the bound is on what remains.
        guard expiry - (issued ?? now + leeway) <= lifetime else { throw TokenError(.lifetime) }
        return (Int64(expiry), issued.map { Int64($0) })
    }

    /// Whole numbers are compared as such: 2^53 + 1 has no `Double` of its own.
    private func time(_ name: String) throws(TokenError) -> Double? {
        let limit: Int64 = 1 << 53
        switch self.claims[name] {
        case nil: return nil
        case .integer(let number) where (0...limit).contains(number): return Double(number)
        case .number(let number) where (0...Double(limit)).contains(number): return number
        default: throw TokenError(.timeInvalid)
        }
    }

    private static func equals(_ value: JSONValue?, _ required: JSONValue) -> Bool {
        switch (value, required) {
        case (.string(let text)?, .string(let other)): text.isExactly(other)
        case (.string?, _), (nil, _): false
        case (let value?, .string(let other)): value.isScalarText(other)
        case (let value?, _): value == required
        }
    }
}

extension JSONValue {
    /// Settings hold text; `require: { email_verified: true }` means the boolean.
    fileprivate func isScalarText(_ text: String) -> Bool {
        switch self {
        case .bool(let value): (value ? "true" : "false") == text
        case .integer(let value): String(value) == text
        default: false
        }
    }
}

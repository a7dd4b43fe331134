// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import HTTPMessages
internal import Sessions

/// What a request offers: our cookie, a Bearer token, both, or nothing. Offered, not yet believed.
struct Credentials: Sendable {
    var sid: SessionID?
    var bearer: String?

    var isEmpty: Bool { self.sid == nil && self.bearer == nil }

    var kind: CrossSiteGuard.Credential {
        switch (self.sid != nil, self.bearer != nil) {
        case (false, false): .none
        case (true, false): .cookie
        case (false, true): .bearer
        case (true, true): .both
        }
    }

    /// Two sid cookies, or two `Authorization` fields, are refused: an upstream might read the other one. Schemes other
    /// than Bearer are not ours and count as nothing.
    static func read(_ head: MessageHead) throws(Refusal) -> Credentials {
        var credentials = Credentials()
        do throws(SessionCookies.Ambiguous) {
            credentials.sid = try Self.sid(head)
        } catch {
            throw Refusal(.ambiguousCredentials, "The request carries two session cookies.")
        }
        guard head.count(.authorization) <= 1 else {
            throw Refusal(.ambiguousCredentials, "The request carries two Authorization fields.")
        }
        if let value = head.first(.authorization) { credentials.bearer = Self.bearer(value) }
        return credentials
    }

    private static func sid(_ head: MessageHead) throws(SessionCookies.Ambiguous) -> SessionID? {
        switch head.count(.cookie) {
        case 0: nil
        case 1: try SessionCookies.find(in: CollectionOfOne(head.first(.cookie) ?? []))
        default: try SessionCookies.find(in: head.fields.filter { $0.id == .cookie }.map { head.value($0) })
        }
    }

    /// RFC 6750 §2.1; the scheme's case does not count (RFC 9110 §11.1).
    private static func bearer(_ value: ArraySlice<UInt8>) -> String? {
        guard value.count > Self.scheme.count,
            zip(value, Self.scheme).allSatisfy({ $0 == $1 || $0 | 0x20 == $1 })
        else { return nil }
        let token = value.dropFirst(Self.scheme.count).drop { $0 == 0x20 }
        return token.isEmpty ? nil : String(decoding: token, as: UTF8.self)
    }

    private static let scheme = Array("bearer ".utf8)
}

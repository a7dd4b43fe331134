// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

/// Names a client may not speak by (proxy.md §5.2). All functions take lower-case names; spelling tricks are undone
/// first by `normalised`.
package enum FieldName {
    /// What may become of a request field by its normalised name.
    package enum Standing: Sendable, Hashable {
        case open
        /// Deleted, unless a route's `headers.keep` exempts it.
        case reserved
        /// Deleted whatever a route says: what we or Next.js trust.
        case sealed
    }

    /// Writes the name into `output` (emptied first) in lower case with `_` and `.` as `-`: the way CGI, WSGI and PHP
    /// would fold it.
    package static func normalised(_ name: ArraySlice<UInt8>, into output: inout [UInt8]) {
        output.removeAll(keepingCapacity: true)
        for byte in name {
            output.append(byte == UInt8(ascii: "_") || byte == UInt8(ascii: ".") ? UInt8(ascii: "-") : byte.lowercased)
        }
    }

    /// Whether the name contains `_` or `.`, so that another spelling could fold into it.
    package static func hasAlias(_ name: ArraySlice<UInt8>) -> Bool {
        name.contains { $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: ".") }
    }

    package static func isReserved(_ normalised: [UInt8]) -> Bool { self.standing(of: normalised) != .open }

    package static func standing(of normalised: [UInt8]) -> Standing {
        // Every reserved name starts with one of these; most fields leave here.
        switch normalised.first {
        case UInt8(ascii: "x"), UInt8(ascii: "f"), UInt8(ascii: "g"), UInt8(ascii: "n"), UInt8(ascii: "l"),
            UInt8(ascii: "p"),
            UInt8(ascii: "r"), UInt8(ascii: "t"), UInt8(ascii: "c"):
            break
        default:
            return .open
        }
        for name in Self.sealedNames where name.matches(normalised) { return .sealed }
        for prefix in Self.sealedPrefixes where prefix.isPrefix(of: normalised) { return .sealed }
        for name in Self.reservedNames where name.matches(normalised) { return .reserved }
        for prefix in Self.reservedPrefixes where prefix.isPrefix(of: normalised) { return .reserved }
        return .open
    }

    /// RFC 9110 §7.6.1: about one connection, never forwarded in either direction.
    package static func isHopByHop(_ id: FieldID) -> Bool {
        switch id {
        case .connection, .keepAlive, .proxyConnection, .proxyAuthenticate, .proxyAuthorization, .te, .trailer,
            .transferEncoding, .upgrade:
            true
        default:
            false
        }
    }

    static func isEndToEnd(_ id: FieldID) -> Bool { id != .other && !self.isHopByHop(id) }

    private static let sealedNames: [StaticString] = [
        "forwarded", "x-forwarded", "proxy", "live-cursor",
        // Next.js internals (CVE-2025-29927). `next-action`, `rsc`, `next-router-*` and `next-url` are its browser side
        // and pass.
        "x-nextjs-data", "x-nextjs-request-id", "x-nextjs-html-request-id", "x-now-route-matches", "x-matched-path",
        "x-next-resume-state-length", "next-resume",
    ]
    private static let sealedPrefixes: [StaticString] = [
        "x-forwarded-", "gatecast-", "x-middleware-", "x-invoke-", "x-vercel-",
    ]
    private static let reservedNames: [StaticString] = [
        "x-real-ip", "x-client-ip", "true-client-ip", "cf-connecting-ip", "x-http-method-override", "remote-user",
        "x-remote-user",
    ]
    private static let reservedPrefixes: [StaticString] = [
        "x-original-", "x-rewrite-", "x-auth-", "x-user-", "x-authenticated-", "x-envoy-",
    ]
}

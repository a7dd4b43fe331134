// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

/// The field names some part of Gatecast decides by, as one byte: finding a field compares bytes, not strings.
package enum FieldID: UInt8, Sendable, CaseIterable {
    case other
    // Hop-by-hop (RFC 9110 §7.6.1 and the two Proxy-* of RFC 9110 §11.7).
    case connection, keepAlive, proxyConnection, proxyAuthenticate, proxyAuthorization, te, trailer, transferEncoding
    case upgrade
    // Requests.
    case host, expect, cookie, authorization, origin, referer, accept, acceptEncoding, acceptLanguage, userAgent
    case ifMatch, ifNoneMatch, ifModifiedSince, ifUnmodifiedSince, ifRange, range, forwarded, xForwardedFor
    case xForwardedHost, xForwardedProto, lastEventID, secFetchSite, secFetchMode, secFetchDest, secWebSocketKey
    case secWebSocketVersion, secWebSocketProtocol, secWebSocketExtensions, traceparent, tracestate, idempotencyKey
    case xRequestID, accessControlRequestMethod, accessControlRequestHeaders
    // Both.
    case contentLength, contentType, contentEncoding, cacheControl, date
    // Responses.
    case setCookie, location, contentLocation, server, xPoweredBy, wwwAuthenticate, retryAfter, etag, vary
    case secWebSocketAccept, strictTransportSecurity, referrerPolicy, contentSecurityPolicy, accessControlAllowOrigin
    case accessControlAllowCredentials, accessControlAllowMethods, accessControlAllowHeaders
    case accessControlExposeHeaders, accessControlMaxAge, liveCursor, xAccelBuffering, gatecastEndSessions

    /// `.other` for a name not in the list. The name must be lower-case.
    package static func of(_ lowercasedName: some Collection<UInt8>) -> FieldID {
        lowercasedName.withContiguousStorageIfAvailable { Self.find($0) }
            ?? Array(lowercasedName).withUnsafeBufferPointer { Self.find($0) }
    }

    /// Lower-case; empty for `.other`.
    package var name: StaticString {
        switch self {
        case .other: ""
        case .connection: "connection"
        case .keepAlive: "keep-alive"
        case .proxyConnection: "proxy-connection"
        case .proxyAuthenticate: "proxy-authenticate"
        case .proxyAuthorization: "proxy-authorization"
        case .te: "te"
        case .trailer: "trailer"
        case .transferEncoding: "transfer-encoding"
        case .upgrade: "upgrade"
        case .host: "host"
        case .expect: "expect"
        case .cookie: "cookie"
        case .authorization: "authorization"
        case .origin: "origin"
        case .referer: "referer"
        case .accept: "accept"
        case .acceptEncoding: "accept-encoding"
        case .acceptLanguage: "accept-language"
        case .userAgent: "user-agent"
        case .ifMatch: "if-match"
        case .ifNoneMatch: "if-none-match"
        case .ifModifiedSince: "if-modified-since"
        case .ifUnmodifiedSince: "if-unmodified-since"
        case .ifRange: "if-range"
        case .range: "range"
        case .forwarded: "forwarded"
        case .xForwardedFor: "x-forwarded-for"
        case .xForwardedHost: "x-forwarded-host"
        case .xForwardedProto: "x-forwarded-proto"
        case .lastEventID: "last-event-id"
        case .secFetchSite: "sec-fetch-site"
        case .secFetchMode: "sec-fetch-mode"
        case .secFetchDest: "sec-fetch-dest"
        case .secWebSocketKey: "sec-websocket-key"
        case .secWebSocketVersion: "sec-websocket-version"
        case .secWebSocketProtocol: "sec-websocket-protocol"
        case .secWebSocketExtensions: "sec-websocket-extensions"
        case .traceparent: "traceparent"
        case .tracestate: "tracestate"
        case .idempotencyKey: "idempotency-key"
        case .xRequestID: "x-request-id"
        case .accessControlRequestMethod: "access-control-request-method"
        case .accessControlRequestHeaders: "access-control-request-headers"
        case .contentLength: "content-length"
        case .contentType: "content-type"
        case .contentEncoding: "content-encoding"
        case .cacheControl: "cache-control"
        case .date: "date"
        case .setCookie: "set-cookie"
        case .location: "location"
        case .contentLocation: "content-location"
        case .server: "server"
        case .xPoweredBy: "x-powered-by"
        case .wwwAuthenticate: "www-authenticate"
        case .retryAfter: "retry-after"
        case .etag: "etag"
        case .vary: "vary"
        case .secWebSocketAccept: "sec-websocket-accept"
        case .strictTransportSecurity: "strict-transport-security"
        case .referrerPolicy: "referrer-policy"
        case .contentSecurityPolicy: "content-security-policy"
        case .accessControlAllowOrigin: "access-control-allow-origin"
        case .accessControlAllowCredentials: "access-control-allow-credentials"
        case .accessControlAllowMethods: "access-control-allow-methods"
        case .accessControlAllowHeaders: "access-control-allow-headers"
        case .accessControlExposeHeaders: "access-control-expose-headers"
        case .accessControlMaxAge: "access-control-max-age"
        case .liveCursor: "live-cursor"
        case .xAccelBuffering: "x-accel-buffering"
        case .gatecastEndSessions: "gatecast-end-sessions"
        }
    }

    /// Every known name in order of length; `starts[n]` is where those of `n` bytes begin.
    private static let byLength = FieldID.allCases.filter { $0 != .other }.sorted {
        $0.name.utf8CodeUnitCount < $1.name.utf8CodeUnitCount
    }
    private static let longest = byLength[byLength.count - 1].name.utf8CodeUnitCount
    private static let starts: [Int] = (0...(longest + 1)).map { length in
        byLength.firstIndex { $0.name.utf8CodeUnitCount >= length } ?? byLength.count
    }

    static func find(_ name: UnsafeBufferPointer<UInt8>) -> FieldID {
        let starts = Self.starts, ids = Self.byLength
        guard name.count > 0, name.count <= Self.longest else { return .other }
        for index in starts[name.count]..<starts[name.count + 1] {
            let known = ids[index].name.utf8Start
            var offset = 0
            while offset < name.count, known[offset] == name[offset] { offset += 1 }
            if offset == name.count { return ids[index] }
        }
        return .other
    }
}

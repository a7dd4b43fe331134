// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import HTTPMessages

/// What comes back: hop-by-hop fields, `Server`, `X-Powered-By` and any `Set-Cookie` with our names removed, ours added.
extension HeaderPolicy {
    struct ResponseStatement {
        /// A session or token decided what the upstream saw: shared caches must not keep the answer.
        var isPersonal = false
        /// The cross-site rule judged the request: its answer depends on what it looked at.
        var isJudged = false
        /// Not on localhost, where it would bind every other project of the machine.
        var strictTransport = false
        /// CORS fields of the upstream pass only where nobody is looked up.
        var passesCORS = false
        /// The log's position taken before the upstream was asked.
        var cursor: [UInt8]?
        /// Both session cookies are cleared: the sid was certainly dead on an `optional` route.
        var setCookies: [String] = []
        /// In place of the upstream's, which named itself.
        var location: [UInt8]?
        var contentLocation: [UInt8]?
        /// The request came from a page of this origin, which may read the answer (CORS).
        var allowedOrigin: [UInt8]?
        /// There are such origins, so that the answer depends on it.
        var variesByOrigin = false
        /// `Date` where the upstream sent none.
        var date: [UInt8] = []

        /// What tells pages and caches about other origins.
        var crossOriginFields: [(name: String, value: String)] {
            var fields: [(name: String, value: String)] = []
            if let allowedOrigin {
                fields.append(("access-control-allow-origin", String(decoding: allowedOrigin, as: UTF8.self)))
                fields.append(("access-control-allow-credentials", "true"))
                fields.append(("access-control-expose-headers", "Live-Cursor, Retry-After"))
            }
            if self.isJudged {
                fields.append(("vary", "Sec-Fetch-Site, Origin"))
            } else if self.variesByOrigin {
                fields.append(("vary", "Origin"))
            }
            return fields
        }
    }

    /// Calls `emit` with every field of the response to write, framing and connection fields apart.
    static func forEachResponseField(
        _ head: MessageHead,
        statement: borrowing ResponseStatement,
        emit: (ArraySlice<UInt8>, ArraySlice<UInt8>) -> Void
    ) {
        let connectionNames = head.count(.connection) > 0
        var hasCacheControl = false
        var hasReferrerPolicy = false
        var hasDate = false
        var isHTML = false
        for field in head.fields {
            switch field.id {
            case .server, .xPoweredBy, .contentLength, .liveCursor, .transferEncoding, .gatecastEndSessions:
                continue
            case .accessControlAllowOrigin, .accessControlAllowCredentials, .accessControlAllowMethods,
                .accessControlAllowHeaders, .accessControlExposeHeaders, .accessControlMaxAge:
                guard statement.passesCORS else { continue }
            case .setCookie:
                guard !Self.isOurCookie(head.value(field)) else { continue }
            case .location, .contentLocation:
                if let own = field.id == .location ? statement.location : statement.contentLocation {
                    emit(head.name(field), own[...])
                    continue
                }
            case .cacheControl: hasCacheControl = true
            case .referrerPolicy: hasReferrerPolicy = true
            case .date: hasDate = true
            case .contentType: isHTML = Self.startsWithHTML(head.value(field))
            case .strictTransportSecurity:
                if statement.strictTransport { continue }
            default:
                if Self.isHopByHop(field.id) { continue }
            }
            if connectionNames, head.connectionNames(field) { continue }
            emit(head.name(field), head.value(field))
        }
        if !hasDate { emit(Self.date, statement.date[...]) }
        if statement.isPersonal, !hasCacheControl { emit(Self.cacheControl.name, Self.cacheControl.value) }
        if isHTML, !hasReferrerPolicy { emit(Self.referrerPolicy.name, Self.referrerPolicy.value) }
        if statement.isJudged, !statement.variesByOrigin {
            emit(Self.vary.name, Self.vary.value)  // nobody else's pages: nothing to put together
        } else if statement.variesByOrigin {
            for (name, value) in statement.crossOriginFields { emit(Array(name.utf8)[...], Array(value.utf8)[...]) }
        }
        if statement.strictTransport { emit(Self.strictTransport.name, Self.strictTransport.value) }
        if let cursor = statement.cursor { emit(Self.liveCursor, cursor[...]) }
        for line in statement.setCookies { emit(Self.setCookie, Array(line.utf8)[...]) }
    }

    /// What of a 103 passes (RFC 8297): hints. Nothing that sets a cookie or speaks for the gateway.
    static func forEachInterimField(_ head: MessageHead, emit: (ArraySlice<UInt8>, ArraySlice<UInt8>) -> Void) {
        for field in head.fields {
            switch field.id {
            case .setCookie, .contentLength, .server, .xPoweredBy, .liveCursor, .strictTransportSecurity,
                .gatecastEndSessions:
                continue
            default: if Self.isHopByHop(field.id) || head.connectionNames(field) { continue }
            }
            emit(head.name(field), head.value(field))
        }
    }

    /// The length a bodiless answer may announce (HEAD, 304): the upstream's own, if it is a number.
    static func announcedLength(_ head: MessageHead) -> Int? {
        guard head.count(.contentLength) == 1, let value = head.first(.contentLength), !value.isEmpty,
            value.count <= 18,
            value.allSatisfy({ $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") })
        else { return nil }
        return value.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
    }

    /// Whether a `Set-Cookie` line sets one of our names, in any case. A line that begins with `=` sets a cookie without
    /// a name, which browsers send back as its value alone: `=__Host-Http-sid=x` would come back as ours.
    static func isOurCookie(_ line: ArraySlice<UInt8>) -> Bool {
        let value = line.drop { $0 == UInt8(ascii: "=") || $0 == 0x20 || $0 == 0x09 }
        let end = value.firstIndex { $0 == UInt8(ascii: "=") || $0 == UInt8(ascii: ";") } ?? value.endIndex
        var name = value[..<end]
        while let first = name.first, first == 0x20 || first == 0x09 { name.removeFirst() }
        while let last = name.last, last == 0x20 || last == 0x09 { name.removeLast() }
        return Self.ourCookies.contains { ours in
            ours.count == name.count && zip(ours, name).allSatisfy { $0 == ($1 >= 0x41 && $1 <= 0x5A ? $1 | 0x20 : $1) }
        }
    }

    private static func startsWithHTML(_ value: ArraySlice<UInt8>) -> Bool {
        value.count >= Self.html.count && zip(Self.html, value).allSatisfy { $0 == $1 | 0x20 || $0 == $1 }
    }

    private static let ourCookies = [Array("__host-http-sid".utf8), Array("__host-session-until".utf8)]
    private static let html = Array("text/html".utf8)
    private static let date = Array("date".utf8)[...]
    private static let setCookie = Array("set-cookie".utf8)[...]
    private static let liveCursor = Array("live-cursor".utf8)[...]
    private static let cacheControl = (name: Array("cache-control".utf8)[...], value: Array("private".utf8)[...])
    private static let vary = (name: Array("vary".utf8)[...], value: Array("Sec-Fetch-Site, Origin".utf8)[...])
    private static let referrerPolicy = (
        name: Array("referrer-policy".utf8)[...], value: Array("strict-origin-when-cross-origin".utf8)[...]
    )
    private static let strictTransport = (
        name: Array("strict-transport-security".utf8)[...], value: Array("max-age=31536000".utf8)[...]
    )
}

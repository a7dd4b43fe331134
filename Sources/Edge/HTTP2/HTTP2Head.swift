// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import HTTPMessages

/// A field block of HTTP/2 into the head both protocols share, under RFC 9113 §8.3: pseudo-fields first, known, once;
/// `:authority` equal to `Host`; cookie crumbs joined. `RequestRules` judges the rest.
enum HTTP2Head {
    static func read(
        _ block: borrowing FieldBlock,
        into head: inout MessageHead,
        limits: HeadLimits = .init(),
        allowing exceptions: PathRules.Exceptions = []
    ) throws(MessageError) {
        head.reset()
        var pseudo = PseudoFields()
        var first = 0
        for field in block.fields {
            guard block.bytes[field.name].first == UInt8(ascii: ":") else { break }
            try pseudo.take(block, field)
            first += 1
        }
        guard let name = pseudo.method else { throw MessageError(.badMessage, "no :method") }
        guard let method = Method(block.bytes[name]) else { throw MessageError(.notImplemented, "unknown method") }
        guard method != .connect else { throw MessageError(.methodNotAllowed, "CONNECT") }
        guard let scheme = pseudo.scheme, block.bytes[scheme].elementsEqual(Self.https) else {
            throw MessageError(.badMessage, ":scheme is not https")
        }
        guard let path = pseudo.path, !path.isEmpty else { throw MessageError(.badMessage, "no :path") }

        head.reserve(fields: block.fields.count)
        head.setRequest(method: method, target: block.bytes[path], version: .http2)
        if let authority = pseudo.authority { head.append(name: Self.host, value: block.bytes[authority]) }
        try Self.fields(block, from: first, authority: pseudo.authority, into: &head)
        try RequestRules.check(&head, limits: limits, allowing: exceptions)
    }

    /// Whether a second field block may stand: trailers have no pseudo-fields (§8.1).
    static func isTrailers(_ block: borrowing FieldBlock) -> Bool {
        !block.fields.contains { block.bytes[$0.name].first == UInt8(ascii: ":") }
    }

    private static func fields(
        _ block: borrowing FieldBlock,
        from first: Int,
        authority: Range<Int>?,
        into head: inout MessageHead
    ) throws(MessageError) {
        var cookies = 0
        var hosts = 0
        for field in block.fields[first...] {
            let name = block.bytes[field.name]
            if name.first == UInt8(ascii: ":") { throw MessageError(.badMessage, "pseudo-field after a field") }
            if name.elementsEqual(Self.cookie) {
                cookies += 1
            } else if let authority, name.elementsEqual(Self.host) {
                hosts += 1
                guard hosts == 1 else { throw MessageError(.hostInvalid, "more than one host") }
                guard block.bytes[field.value].elementsEqual(block.bytes[authority]) else {
                    throw MessageError(.hostInvalid, ":authority is not host")
                }
            } else {
                head.append(name: name, value: block.bytes[field.value])
            }
        }
        if cookies > 0 { Self.joinCookies(block, count: cookies, into: &head) }
    }

    private static func joinCookies(_ block: borrowing FieldBlock, count: Int, into head: inout MessageHead) {
        var cookie: [UInt8] = []
        for field in block.fields where block.bytes[field.name].elementsEqual(Self.cookie) {
            if count == 1 { return head.append(name: Self.cookie, value: block.bytes[field.value]) }
            if !cookie.isEmpty { cookie.append(contentsOf: [UInt8(ascii: ";"), UInt8(ascii: " ")]) }
            cookie.append(contentsOf: block.bytes[field.value])
        }
        head.append(name: Self.cookie, value: cookie)
    }

    private struct PseudoFields {
        var method: Range<Int>?
        var scheme: Range<Int>?
        var path: Range<Int>?
        var authority: Range<Int>?

        mutating func take(_ block: borrowing FieldBlock, _ field: FieldBlock.Field) throws(MessageError) {
            let name = block.bytes[field.name]
            if name.elementsEqual(HTTP2Head.method) {
                try Self.once(&self.method, field.value)
            } else if name.elementsEqual(HTTP2Head.path) {
                try Self.once(&self.path, field.value)
            } else if name.elementsEqual(HTTP2Head.scheme) {
                try Self.once(&self.scheme, field.value)
            } else if name.elementsEqual(HTTP2Head.authority) {
                try Self.once(&self.authority, field.value)
            } else {
                throw MessageError(.badMessage, "unknown pseudo-field")
            }
        }

        private static func once(_ slot: inout Range<Int>?, _ value: Range<Int>) throws(MessageError) {
            guard slot == nil else { throw MessageError(.badMessage, "repeated pseudo-field") }
            slot = value
        }
    }

    private static let method = Array(":method".utf8)
    private static let scheme = Array(":scheme".utf8)
    private static let path = Array(":path".utf8)
    private static let authority = Array(":authority".utf8)
    private static let https = Array("https".utf8)
    private static let host = Array("host".utf8)
    private static let cookie = Array("cookie".utf8)
}

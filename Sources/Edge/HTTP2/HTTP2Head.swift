// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import HTTPMessages
internal import NIOHPACK

/// A field block of HTTP/2 into the head both protocols share, under RFC 9113 §8.3: pseudo-fields first, known, once;
/// `:authority` equal to `Host`; cookie crumbs joined. `RequestRules` judges the rest.
enum HTTP2Head {
    static func read(
        _ headers: HPACKHeaders,
        into head: inout MessageHead,
        limits: HeadLimits = .init(),
        allowing exceptions: PathRules.Exceptions = []
    ) throws(MessageError) {
        var pseudo = PseudoFields()
        var isPastPseudo = false
        for (name, value, _) in headers {
            if name.utf8.first == UInt8(ascii: ":") {
                guard !isPastPseudo else { throw MessageError(.badMessage, "pseudo-field after a field") }
                try pseudo.take(name, value)
            } else {
                isPastPseudo = true
            }
        }
        guard let name = pseudo.method else { throw MessageError(.badMessage, "no :method") }
        guard let method = Method(name.utf8) else { throw MessageError(.notImplemented, "unknown method") }
        guard method != .connect else { throw MessageError(.methodNotAllowed, "CONNECT") }
        guard pseudo.scheme == "https" else { throw MessageError(.badMessage, ":scheme is not https") }
        guard let path = pseudo.path, !path.isEmpty else { throw MessageError(.badMessage, "no :path") }

        head.reset()
        head.reserve(fields: headers.count)
        head.setRequest(method: method, target: path.utf8, version: .http2)
        if let authority = pseudo.authority { head.append(name: Self.host, value: authority.utf8) }
        try Self.fields(headers, authority: pseudo.authority, into: &head)
        try RequestRules.check(&head, limits: limits, allowing: exceptions)
    }

    private static func fields(
        _ headers: HPACKHeaders,
        authority: String?,
        into head: inout MessageHead
    ) throws(MessageError) {
        var cookie: [UInt8] = []
        var hosts = 0
        for (name, value, _) in headers where name.utf8.first != UInt8(ascii: ":") {
            switch name {
            case "cookie":
                if !cookie.isEmpty { cookie.append(contentsOf: "; ".utf8) }
                cookie.append(contentsOf: value.utf8)
            case "host" where authority != nil:
                hosts += 1
                guard hosts == 1 else { throw MessageError(.hostInvalid, "more than one host") }
                guard value == authority else { throw MessageError(.hostInvalid, ":authority is not host") }
            default:
                head.append(name: name.utf8, value: value.utf8)
            }
        }
        if !cookie.isEmpty { head.append(name: Self.cookie, value: cookie) }
    }

    private struct PseudoFields {
        var method: String?
        var scheme: String?
        var path: String?
        var authority: String?

        mutating func take(_ name: String, _ value: String) throws(MessageError) {
            switch name {
            case ":method": try Self.once(&self.method, value)
            case ":scheme": try Self.once(&self.scheme, value)
            case ":path": try Self.once(&self.path, value)
            case ":authority": try Self.once(&self.authority, value)
            default: throw MessageError(.badMessage, "unknown pseudo-field")
            }
        }

        private static func once(_ slot: inout String?, _ value: String) throws(MessageError) {
            guard slot == nil else { throw MessageError(.badMessage, "repeated pseudo-field") }
            slot = value
        }
    }

    private static let host = Array("host".utf8)
    private static let cookie = Array("cookie".utf8)
}

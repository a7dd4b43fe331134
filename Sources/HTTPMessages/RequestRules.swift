// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

/// What a request head must satisfy whichever protocol it came in (proxy.md §4): `HTTP1HeadParser` calls this itself,
/// the HTTP/2 handler once it has written the head from HPACK, with `host` made from `:authority` and the cookie crumbs
/// joined.
package enum RequestRules {
    /// May rewrite the target: absolute-form becomes origin-form. `exceptions` is what any route allows in a path; a
    /// server whose routes differ checks again with the route's own (``PathRules``).
    package static func check(
        _ head: inout MessageHead,
        limits: HeadLimits = .init(),
        allowing exceptions: PathRules.Exceptions = []
    ) throws(MessageError) {
        if head.version == .http2 { try HTTP2Rules.check(head, limits: limits.effective) }
        switch head.method {
        case .connect, .trace: throw MessageError(.methodNotAllowed, "CONNECT and TRACE are not served")
        case .get, .head, .post, .put, .patch, .delete, .options: break
        }
        // One pass; nearly every request has exactly these four questions and no trouble.
        var host: Range<Int>?
        var hosts = 0
        var expectations = 0
        var connection = false
        for field in head.fields {
            switch field.id {
            case .host:
                hosts += 1
                host = field.value
            case .expect: expectations += 1
            case .connection: connection = true
            default: break
            }
        }
        guard hosts == 1, let host else {
            throw MessageError(.hostInvalid, hosts == 0 ? "no host" : "more than one host")
        }
        guard Authority.isWellFormed(head.bytes[host]) else { throw MessageError(.hostInvalid, "malformed host") }
        try Self.reduceTarget(of: &head, host: host)
        try PathRules.check(head.path, allowing: exceptions)
        if head.version != .http2 { _ = try Framing.ofRequest(head) }
        if connection { try Self.checkConnection(of: head) }
        if expectations > 0, head.version != .http10 { try Self.checkExpectation(of: head, count: expectations) }
    }

    private static func reduceTarget(of head: inout MessageHead, host: Range<Int>) throws(MessageError) {
        let target = head.target
        if target.contains(UInt8(ascii: "#")) { throw MessageError(.badMessage, "fragment in the target") }
        switch target.first {
        case UInt8(ascii: "/"):
            return
        case UInt8(ascii: "*") where target.count == 1:
            guard head.method == .options else { throw MessageError(.badMessage, "target * without OPTIONS") }
        default:
            guard head.version != .http2 else { throw MessageError(.badMessage, "path does not start with a slash") }
            try Self.reduceAbsoluteForm(of: &head, target: target, host: host)
        }
    }

    /// RFC 9112 §3.2.2, with the authority bound to `Host`: two names for one request are one too many.
    private static func reduceAbsoluteForm(
        of head: inout MessageHead,
        target: ArraySlice<UInt8>,
        host: Range<Int>
    ) throws(MessageError) {
        let schemes: [StaticString] = ["http://", "https://"]
        guard let scheme = schemes.first(where: { $0.matchesIgnoringCase(target.prefix($0.utf8CodeUnitCount)) }) else {
            throw MessageError(.badMessage, "target is neither a path nor an http URL")
        }
        let afterScheme = target.dropFirst(scheme.utf8CodeUnitCount)
        let end = afterScheme.firstIndex { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") } ?? afterScheme.endIndex
        guard afterScheme[..<end].elementsEqual(head.bytes[host], by: { $0.lowercased == $1.lowercased }) else {
            throw MessageError(.hostInvalid, "target and host name different authorities")
        }
        let rest = afterScheme[end...]
        if rest.first == UInt8(ascii: "/") {
            head.setTarget(in: rest.startIndex..<rest.endIndex)
        } else if rest.isEmpty, head.method == .options {
            head.setTarget([UInt8(ascii: "*")])
        } else {
            head.setTarget([UInt8(ascii: "/")] + rest)
        }
    }

    /// `Connection` deletes what it names, so it may name only what is the connection's: every end-to-end field we know
    /// and every reserved name is refused, or a client could have us drop them (CVE-2024-45410).
    private static func checkConnection(of head: borrowing MessageHead) throws(MessageError) {
        var name: [UInt8] = []
        for field in head.fields where field.id == .connection {
            for option in TokenList(head.value(field)) {
                guard option.allSatisfy(\.isToken) else {
                    throw MessageError(.badMessage, "malformed connection option")
                }
                name.removeAll(keepingCapacity: true)
                for byte in option { name.append(byte.lowercased) }
                let id = FieldID.of(name)
                var isRefused = id != .other && !FieldName.isHopByHop(id)
                if id == .other {
                    FieldName.normalised(option, into: &name)
                    isRefused = FieldName.isReserved(name) || FieldName.isEndToEnd(FieldID.of(name))
                }
                guard !isRefused else {
                    throw MessageError(.headerRefused, "connection names an end-to-end field", field: Self.text(option))
                }
            }
        }
    }

    private static func checkExpectation(of head: borrowing MessageHead, count: Int) throws(MessageError) {
        let known: StaticString = "100-continue"
        guard count == 1, let value = head.first(.expect), known.matchesIgnoringCase(value) else {
            throw MessageError(.expectationFailed, "unknown expectation")
        }
    }

    static func text(_ name: ArraySlice<UInt8>) -> String {
        String(decoding: name.prefix(64), as: UTF8.self).lowercased()
    }
}

// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import HTTPMessages
internal import NIOCore
internal import Observability
internal import Sessions
internal import Wire

/// What goes upstream: delete, normalise, cut, add, in this order (proxy.md §5). Nothing a client named can reach the
/// last step, so nothing it sends can look like something we say.
///
/// Writes finished HTTP/1.1 head bytes in one pass over the client's head.
struct HeaderPolicy {
    /// Step 4: what we say about the request.
    struct Statement {
        /// `Host` and `X-Forwarded-Host`, port included: the client's on the public listener (it passed the allow-list),
        /// a public one on the internal listener.
        var host: ArraySlice<UInt8>
        var client: ClientAddress
        /// Port the browser addressed.
        var port: Int
        /// The access token for `Authorization: Bearer`.
        var bearer: String?
        /// `Gatecast-Identity`.
        var assertion: String?
        /// `nil`: the target passes as it is.
        var target: UpstreamTarget?
        /// In place of `host` in `Host` alone.
        var upstreamHost: [UInt8]?
        /// What `target` strips.
        var forwardedPrefix: [UInt8]?
        /// The log's position before the upstream is asked (live.md §2); GET only.
        var cursor: [UInt8]?
        /// The request asks for a WebSocket, hop by hop (RFC 6455 §4.1).
        var upgradesToWebSocket = false
        var requestID: RequestID
        var trace: TraceStatement
    }

    /// `traceparent` as we send it (W3C Trace Context §3.2).
    struct TraceStatement {
        var id: RequestID
        var span: UInt64
        var isSampled: Bool
        /// The client's `tracestate` belongs to this trace.
        var passesState: Bool
    }

    /// Returns how many fields were dropped for an alias spelling or a reserved name.
    static func writeRequest(
        _ head: MessageHead,
        framing: BodyFraming,
        route: RouteSettings,
        statement: Statement,
        scratch: inout [UInt8],
        into buffer: inout ByteBuffer
    ) -> Int {
        if let target = statement.target {
            HeadWriter.requestLine(head.method, into: &buffer) {
                target.write(path: head.path, query: head.query, into: &$0)
            }
        } else {
            HeadWriter.requestLine(head.method, head.target, into: &buffer)
        }
        Self.writeField("host", statement.upstreamHost.map { $0[...] } ?? statement.host, into: &buffer)
        let connectionNames = head.count(.connection) > 0
        var dropped = 0
        for field in head.fields {
            switch field.id {
            case .host, .contentLength, .cookie, .expect, .traceparent, .tracestate, .xRequestID:
                continue
            case .authorization:
                guard route.authentication == .none else { continue }
            case .other:
                guard Self.mayPass(head.name(field), rules: route.headers, scratch: &scratch) else {
                    dropped += 1
                    continue
                }
            default:
                if Self.hopByHop[Int(field.id.rawValue)] { continue }
                if Self.reserved[Int(field.id.rawValue)] {
                    dropped += 1
                    continue
                }
            }
            if connectionNames, head.connectionNames(field) { continue }
            Self.writeField(head.name(field), head.value(field), into: &buffer)
        }
        Self.writeCookies(head, route: route, scratch: &scratch, into: &buffer)
        Self.writeFraming(framing, method: head.method, into: &buffer)
        if head.expectsContinue, framing != .none, framing != .length(0) {
            buffer.writeStaticString("expect: 100-continue\r\n")
        }
        Self.write(statement, into: &buffer)
        if statement.trace.passesState { Self.writeTraceState(head, into: &buffer) }
        buffer.writeStaticString("\r\n")
        return dropped
    }

    /// Step 2. Clients' spellings of reserved names, and every other name an upstream might fold into another
    /// (`X_User_Id` becomes `HTTP_X_USER_ID` in WSGI), do not pass.
    static func mayPass(_ name: ArraySlice<UInt8>, rules: HeaderRules, scratch: inout [UInt8]) -> Bool {
        if FieldName.hasAlias(name) { return false }
        FieldName.normalised(name, into: &scratch)
        return switch FieldName.standing(of: scratch) {
        case .open: true
        case .reserved: rules.keeps(scratch)
        case .sealed: false
        }
    }

    /// A name with `_` or `.`, for routes that refuse those.
    static func firstAlias(in head: MessageHead) -> String? {
        for field in head.fields where field.id == .other && FieldName.hasAlias(head.name(field)) {
            return String(decoding: head.name(field).prefix(64), as: UTF8.self)
        }
        return nil
    }

    // MARK: Parts

    /// Step 3. Several `Cookie` lines become one (RFC 6265 §5.4 sends one); an empty rest writes nothing.
    private static func writeCookies(
        _ head: MessageHead,
        route: RouteSettings,
        scratch: inout [UInt8],
        into buffer: inout ByteBuffer
    ) {
        var isFirst = true
        for field in head.fields where field.id == .cookie {
            scratch.removeAll(keepingCapacity: true)
            if route.session == .pass {
                scratch.append(contentsOf: head.value(field))
            } else {
                SessionCookies.cut(from: head.value(field), into: &scratch)
            }
            guard !scratch.isEmpty else { continue }
            buffer.writeStaticString(isFirst ? "cookie: " : "; ")
            buffer.writeBytes(scratch)
            isFirst = false
        }
        if !isFirst { buffer.writeStaticString("\r\n") }
    }

    /// Never as received (proxy.md §4). A method that usually has a body says so when it has none (RFC 9110 §8.6).
    private static func writeFraming(_ framing: BodyFraming, method: Method, into buffer: inout ByteBuffer) {
        switch framing {
        case .none:
            switch method {
            case .post, .put, .patch: buffer.writeStaticString("content-length: 0\r\n")
            default: return
            }
        case .length(let length):
            buffer.writeStaticString("content-length: ")
            Decimal.write(length, into: &buffer)
            buffer.writeStaticString("\r\n")
        case .chunked, .untilClose:
            buffer.writeStaticString("transfer-encoding: chunked\r\n")
        }
    }

    private static func write(_ statement: Statement, into buffer: inout ByteBuffer) {
        Self.writeField("x-forwarded-for", statement.client.bytes[...], into: &buffer)
        Self.writeField("x-forwarded-host", statement.host, into: &buffer)
        buffer.writeStaticString("x-forwarded-proto: https\r\nx-forwarded-port: ")
        Decimal.write(statement.port, into: &buffer)
        if let prefix = statement.forwardedPrefix {
            buffer.writeStaticString("\r\nx-forwarded-prefix: ")
            buffer.writeBytes(prefix)
        }
        buffer.writeStaticString("\r\nforwarded: for=")
        buffer.writeBytes(statement.client.forwarded)
        buffer.writeStaticString(";host=\"")
        buffer.writeBytes(statement.host)
        buffer.writeStaticString("\";proto=https\r\nx-request-id: ")
        statement.requestID.write(into: &buffer)
        buffer.writeStaticString("\r\ntraceparent: 00-")
        statement.trace.id.write(into: &buffer)
        buffer.writeStaticString("-")
        RequestID.write(statement.trace.span, into: &buffer)
        buffer.writeStaticString(statement.trace.isSampled ? "-01\r\n" : "-00\r\n")
        // A backend chose it: whatever it put there must not end our line.
        if let bearer = statement.bearer, Self.isVisible(bearer) {
            buffer.writeStaticString("authorization: Bearer ")
            buffer.writeString(bearer)
            buffer.writeStaticString("\r\n")
        }
        if let assertion = statement.assertion {
            buffer.writeStaticString("gatecast-identity: ")
            buffer.writeString(assertion)
            buffer.writeStaticString("\r\n")
        }
        if statement.upgradesToWebSocket {
            buffer.writeStaticString("connection: upgrade\r\nupgrade: websocket\r\n")
        }
        if let cursor = statement.cursor { Self.writeField("live-cursor", cursor[...], into: &buffer) }
    }

    /// No early exit: tokens are long, and a loop without branches is vectorised.
    private static func isVisible(_ text: String) -> Bool {
        var text = text
        return text.withUTF8 { bytes in
            var isVisible = true
            for byte in bytes { isVisible = isVisible && byte > 0x20 && byte < 0x7F }
            return isVisible
        }
    }

    private static func writeTraceState(_ head: MessageHead, into buffer: inout ByteBuffer) {
        for field in head.fields where field.id == .tracestate && TraceState.isValid(head.value(field)) {
            Self.writeField("tracestate", head.value(field), into: &buffer)
        }
    }

    static func writeField(_ name: StaticString, _ value: ArraySlice<UInt8>, into buffer: inout ByteBuffer) {
        HeadWriter.field(name, value: value, into: &buffer)
    }

    static func writeField(_ name: ArraySlice<UInt8>, _ value: ArraySlice<UInt8>, into buffer: inout ByteBuffer) {
        HeadWriter.field(name: name, value: value, into: &buffer)
    }

    /// By `FieldID`, so that a known name costs one load.
    private static let hopByHop: [Bool] = Self.table { FieldName.isHopByHop($0) }
    private static let reserved: [Bool] = Self.table { id in
        id.name.withUTF8Buffer { FieldName.isReserved(Array($0)) }
    }

    private static func table(_ rule: (FieldID) -> Bool) -> [Bool] {
        var table = [Bool](repeating: false, count: 256)
        for id in FieldID.allCases where id != .other { table[Int(id.rawValue)] = rule(id) }
        return table
    }

    static func isHopByHop(_ id: FieldID) -> Bool { Self.hopByHop[Int(id.rawValue)] }
}

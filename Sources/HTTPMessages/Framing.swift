// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

/// How long a body is and how its end is known (RFC 9112 §6).
package enum BodyFraming: Sendable, Hashable {
    case none
    /// Bytes; 0 is allowed.
    case length(Int)
    case chunked
    /// Responses only: the end of the connection is the end of the body.
    case untilClose
}

package enum Framing {
    /// The framing of a request's body.
    ///
    /// HTTP/2 frames bodies itself: with `endStream` (END_STREAM came with the head) there is none, without it and
    /// without a `Content-Length` the length is unknown, which is `.chunked` on the way to an upstream.
    package static func ofRequest(
        _ head: borrowing MessageHead,
        endStream: Bool = false
    ) throws(MessageError) -> BodyFraming {
        let length = try Self.contentLength(head)
        if head.version == .http2 {
            guard endStream else { return length.map { .length($0) } ?? .chunked }
            guard length ?? 0 == 0 else { throw MessageError(.badMessage, "content-length without a body") }
            return .none
        }
        if try Self.isChunked(head) {
            guard length == nil else { throw MessageError(.badMessage, "content-length beside transfer-encoding") }
            return .chunked
        }
        return length.map { $0 == 0 ? .none : .length($0) } ?? .none
    }

    /// The framing of a final or interim answer to a request of the given method.
    package static func ofResponse(
        _ head: borrowing MessageHead,
        to method: Method
    ) throws(MessageError) -> BodyFraming {
        let length = try Self.contentLength(head)
        let chunked: Bool
        do throws(MessageError) {
            chunked = try Self.isChunked(head)
        } catch {
            throw MessageError(.badMessage, error.reason)
        }
        if chunked, length != nil { throw MessageError(.badMessage, "content-length beside transfer-encoding") }
        if chunked, head.status < 200 || head.status == 204 {
            throw MessageError(.badMessage, "transfer-encoding in an answer without a body")
        }
        if method == .head || head.status < 200 || head.status == 204 || head.status == 304 { return .none }
        if chunked { return .chunked }
        return length.map { .length($0) } ?? .untilClose
    }

    /// Decimal digits only, once; "5, 5" and "+5" are refused like any other oddity (RFC 9112 §6.3 allows it).
    private static func contentLength(_ head: borrowing MessageHead) throws(MessageError) -> Int? {
        var found: Int?
        for field in head.fields where field.id == .contentLength {
            guard found == nil else { throw MessageError(.badMessage, "repeated content-length") }
            let digits = head.value(field)
            guard !digits.isEmpty, digits.count <= 18 else {
                throw MessageError(.badMessage, "content-length is not a number we can hold")
            }
            var length = 0
            for digit in digits {
                guard digit.isDigit else { throw MessageError(.badMessage, "content-length is not decimal") }
                length = length * 10 + Int(digit - UInt8(ascii: "0"))
            }
            found = length
        }
        return found
    }

    private static func isChunked(_ head: borrowing MessageHead) throws(MessageError) -> Bool {
        guard let value = head.first(.transferEncoding) else { return false }
        guard head.version == .http11 else {
            throw MessageError(.badMessage, "transfer-encoding outside HTTP/1.1")
        }
        guard head.count(.transferEncoding) == 1 else { throw MessageError(.badMessage, "repeated transfer-encoding") }
        let chunked: StaticString = "chunked"
        if chunked.matchesIgnoringCase(value) { return true }
        // Anything well-formed is a coding we lack; an empty member or a second "chunked" is an attempt at smuggling.
        var last = false
        var rest = value
        while true {
            let end = rest.firstIndex(of: UInt8(ascii: ",")) ?? rest.endIndex
            let coding = rest[..<end].trimmingBlanks()
            guard !last, !coding.isEmpty, coding.allSatisfy(\.isToken) else {
                throw MessageError(.badMessage, "malformed transfer-encoding")
            }
            last = chunked.matchesIgnoringCase(coding)
            if end == rest.endIndex { break }
            rest = rest[(end + 1)...]
        }
        throw MessageError(.notImplemented, "unknown transfer coding")
    }
}

// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

package import NIOCore

/// Server frames of RFC 6455 §5.2: final, unmasked, without extensions. Equal for every connection, so that one event
/// is framed once for all of them.
package enum WebSocketFraming {
    /// The most a control frame may carry (§5.5).
    package static let maxControlPayload = 125

    /// What stands before a payload of `length` bytes: 2, 4 or 10 bytes.
    package static func headerLength(for length: Int) -> Int {
        length < 126 ? 2 : length <= 0xFFFF ? 4 : 10
    }

    /// Everything of a text frame but its payload, which must be exactly `length` bytes of UTF-8.
    package static func writeTextHeader(length: Int, into buffer: inout ByteBuffer) {
        writeHeader(opcode: 0x1, length: length, into: &buffer)
    }

    /// The same for a binary frame.
    package static func writeBinaryHeader(length: Int, into buffer: inout ByteBuffer) {
        writeHeader(opcode: 0x2, length: length, into: &buffer)
    }

    /// `reason` is cut at a character border to fit a control frame.
    package static func writeClose(code: UInt16, reason: String = "", into buffer: inout ByteBuffer) {
        var reason = reason[...]
        while reason.utf8.count > maxControlPayload - 2 { reason.removeLast() }
        writeHeader(opcode: 0x8, length: 2 + reason.utf8.count, into: &buffer)
        buffer.writeInteger(code)
        buffer.writeSubstring(reason)
    }

    package static func writeClose(_ code: CloseCode, retry: Int? = nil, into buffer: inout ByteBuffer) {
        writeClose(code: code.rawValue, reason: code.reason(retry: retry), into: &buffer)
    }

    /// A close without a status (§5.5.1), the answer to one that had none.
    package static func writeEmptyClose(into buffer: inout ByteBuffer) {
        writeHeader(opcode: 0x8, length: 0, into: &buffer)
    }

    package static func writePing(into buffer: inout ByteBuffer) {
        writeHeader(opcode: 0x9, length: 0, into: &buffer)
    }

    /// `payload`: the readable bytes of the ping that is answered, at most 125.
    package static func writePong(_ payload: ByteBuffer, into buffer: inout ByteBuffer) {
        precondition(payload.readableBytes <= maxControlPayload, "a control frame carries at most 125 bytes")
        writeHeader(opcode: 0xA, length: payload.readableBytes, into: &buffer)
        buffer.writeImmutableBuffer(payload)
    }

    private static func writeHeader(opcode: UInt8, length: Int, into buffer: inout ByteBuffer) {
        buffer.writeInteger(0x80 | opcode)
        if length < 126 {
            buffer.writeInteger(UInt8(length))
        } else if length <= 0xFFFF {
            buffer.writeMultipleIntegers(UInt8(126), UInt16(length))
        } else {
            buffer.writeMultipleIntegers(UInt8(127), UInt64(length))
        }
    }
}

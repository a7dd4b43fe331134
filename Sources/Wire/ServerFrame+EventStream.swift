// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

package import NIOCore

/// The same frames as server-sent events (WHATWG HTML §9.2): no event name, so that plain `onmessage` fires.
extension ServerFrame {
    /// `frame`'s readable part becomes `data:`. CR and LF, which JSON has between tokens only, become spaces, so that
    /// nothing inside can start a line of its own. Without `id` the browser keeps the one it has.
    package static func sseEvent(id: Cursor?, frame: ByteBuffer, into buffer: inout ByteBuffer) {
        buffer.reserveCapacity(minimumWritableBytes: frame.readableBytes + 64)
        if let id { writeIDLine(id, into: &buffer) }
        buffer.writeStaticString("data: ")
        let start = buffer.writerIndex
        buffer.writeImmutableBuffer(frame)
        buffer.replaceLineBreaks(from: start)
        buffer.writeStaticString("\n\n")
    }

    /// Moves the browser's last event id and fires nothing, since there is no `data:` (WHATWG HTML §9.2.6).
    package static func sseHeartbeat(id: Cursor, into buffer: inout ByteBuffer) {
        writeIDLine(id, into: &buffer)
        buffer.writeInteger(UInt8(ascii: "\n"))
    }

    /// How long the browser waits before it connects again.
    package static func sseRetry(milliseconds: Int, into buffer: inout ByteBuffer) {
        buffer.writeStaticString("retry: ")
        buffer.writeString(String(milliseconds))
        buffer.writeStaticString("\n\n")
    }

    /// `retry:` where one is given, then `bye`. A permanent stop also leaves `id: stop-<code>` with the browser, by
    /// which the gateway knows it again: EventSource always comes back.
    package static func sseBye(code: CloseCode, retry: Int? = nil, into buffer: inout ByteBuffer) {
        if let retry { sseRetry(milliseconds: retry, into: &buffer) }
        if code.isPermanent {
            buffer.writeStaticString("id: stop-")
            buffer.writeDecimal(code.rawValue)
            buffer.writeInteger(UInt8(ascii: "\n"))
        }
        buffer.writeStaticString("data: ")
        bye(code: code, retry: retry, into: &buffer)
        buffer.writeStaticString("\n\n")
    }

    /// The code in a `Last-Event-ID` that `sseBye` left behind; such a request is answered 204, which ends EventSource.
    package static func sseStop(lastEventID: some StringProtocol) -> CloseCode? {
        guard lastEventID.hasPrefix("stop-"), let code = UInt16(lastEventID.dropFirst(5)).flatMap(CloseCode.init),
            code.isPermanent
        else { return nil }
        return code
    }

    private static func writeIDLine(_ id: Cursor, into buffer: inout ByteBuffer) {
        buffer.writeStaticString("id: ")
        id.write(into: &buffer)
        buffer.writeInteger(UInt8(ascii: "\n"))
    }
}

extension ByteBuffer {
    fileprivate mutating func replaceLineBreaks(from start: Int) {
        let offset = start - readerIndex
        unsafe withUnsafeMutableReadableBytes { bytes in
            for index in offset..<bytes.count where unsafe bytes[index] == 0x0A || bytes[index] == 0x0D {
                unsafe bytes[index] = 0x20
            }
        }
    }
}

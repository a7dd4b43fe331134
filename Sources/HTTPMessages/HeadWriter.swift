// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

package import NIOCore

/// Writes finished HTTP/1.1 bytes. What is forwarded is what was understood: every head is written anew from here, none
/// is copied.
package enum HeadWriter {
    package static func requestLine(_ method: Method, _ target: some Collection<UInt8>, into buffer: inout ByteBuffer) {
        buffer.writeStaticString(method.text)
        buffer.writeInteger(UInt8.space)
        buffer.writeBytes(target)
        buffer.writeStaticString(" HTTP/1.1\r\n")
    }

    package static func statusLine(_ status: Int, into buffer: inout ByteBuffer) {
        buffer.writeStaticString("HTTP/1.1 ")
        buffer.writeString(String(status))
        buffer.writeInteger(UInt8.space)
        buffer.writeStaticString(StatusText.reason(status))
        buffer.writeStaticString("\r\n")
    }

    /// A value with a control character is not written, and false is returned: whatever made it up, it must not end our
    /// line.
    @discardableResult
    package static func field(
        name: some Collection<UInt8>,
        value: some Collection<UInt8>,
        into buffer: inout ByteBuffer
    ) -> Bool {
        let start = buffer.writerIndex
        buffer.writeBytes(name)
        buffer.writeStaticString(": ")
        let valueStart = buffer.writerIndex
        buffer.writeBytes(value)
        return Self.endField(from: start, valueStart: valueStart, into: &buffer)
    }

    @discardableResult
    package static func field(
        _ name: StaticString,
        value: some Collection<UInt8>,
        into buffer: inout ByteBuffer
    ) -> Bool {
        self.field(name: name.octets, value: value, into: &buffer)
    }

    @discardableResult
    package static func field(_ name: StaticString, _ value: StaticString, into buffer: inout ByteBuffer) -> Bool {
        self.field(name: name.octets, value: value.octets, into: &buffer)
    }

    @discardableResult
    package static func field(_ name: StaticString, _ value: String, into buffer: inout ByteBuffer) -> Bool {
        self.field(name: name.octets, value: value.utf8, into: &buffer)
    }

    @discardableResult
    package static func field(_ id: FieldID, value: some Collection<UInt8>, into buffer: inout ByteBuffer) -> Bool {
        self.field(name: id.name.octets, value: value, into: &buffer)
    }

    package static func contentLength(_ length: Int, into buffer: inout ByteBuffer) {
        buffer.writeStaticString("content-length: ")
        buffer.writeString(String(length))
        buffer.writeStaticString("\r\n")
    }

    package static func transferEncodingChunked(into buffer: inout ByteBuffer) {
        buffer.writeStaticString("transfer-encoding: chunked\r\n")
    }

    /// The empty line.
    package static func end(into buffer: inout ByteBuffer) {
        buffer.writeStaticString("\r\n")
    }

    // MARK: Chunked coding (RFC 9112 §7.1)

    /// `size` must not be 0: that would end the body.
    package static func writeChunkHeader(_ size: Int, into buffer: inout ByteBuffer) {
        precondition(size > 0, "an empty chunk ends the body")
        buffer.writeString(String(size, radix: 16))
        buffer.writeStaticString("\r\n")
    }

    package static func chunkEnd(into buffer: inout ByteBuffer) {
        buffer.writeStaticString("\r\n")
    }

    /// The last chunk, without trailers.
    package static func lastChunk(into buffer: inout ByteBuffer) {
        buffer.writeStaticString("0\r\n\r\n")
    }

    private static func endField(from start: Int, valueStart: Int, into buffer: inout ByteBuffer) -> Bool {
        let length = buffer.writerIndex - valueStart
        let isClean = buffer.withUnsafeReadableBytes { bytes in
            let end = bytes.count
            var control = false
            for index in (end - length)..<end {
                let byte = bytes[index]
                control = control || (byte < 0x20 && byte != .tab) || byte == 0x7F
            }
            return !control
        }
        guard isClean else {
            buffer.moveWriterIndex(to: start)
            return false
        }
        buffer.writeStaticString("\r\n")
        return true
    }
}

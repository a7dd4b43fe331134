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

    /// With a target that is put together as it is written.
    package static func requestLine(
        _ method: Method,
        into buffer: inout ByteBuffer,
        writingTarget write: (inout ByteBuffer) -> Void
    ) {
        buffer.writeStaticString(method.text)
        buffer.writeInteger(UInt8.space)
        write(&buffer)
        buffer.writeStaticString(" HTTP/1.1\r\n")
    }

    package static func statusLine(_ status: Int, into buffer: inout ByteBuffer) {
        if status == 200 {
            buffer.writeStaticString("HTTP/1.1 200 OK\r\n")
            return
        }
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
        Self.withBytes(of: name) { name in
            Self.withBytes(of: value) { value in Self.write(name, value, into: &buffer) }
        }
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

    // MARK: Fields

    /// Judged first, without a branch per byte; then one reservation for the whole line.
    private static func write(
        _ name: UnsafeBufferPointer<UInt8>,
        _ value: UnsafeBufferPointer<UInt8>,
        into buffer: inout ByteBuffer
    ) -> Bool {
        var control = false
        for byte in value { control = control || (byte < 0x20 && byte != .tab) || byte == 0x7F }
        guard !control else { return false }
        let length = name.count + value.count + 4
        buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: length) { line in
            UnsafeMutableRawBufferPointer(rebasing: line[..<name.count]).copyBytes(from: name)
            line[name.count] = UInt8(ascii: ":")
            line[name.count + 1] = .space
            UnsafeMutableRawBufferPointer(rebasing: line[(name.count + 2)..<(length - 2)]).copyBytes(from: value)
            line[length - 2] = .carriageReturn
            line[length - 1] = .lineFeed
            return length
        }
        return true
    }

    /// Slices, arrays and UTF-8 views lie in one piece; generic code that walks them from another module does not
    /// know, and costs a call per byte.
    private static func withBytes<Result>(
        of bytes: some Collection<UInt8>,
        _ body: (UnsafeBufferPointer<UInt8>) -> Result
    ) -> Result {
        bytes.withContiguousStorageIfAvailable(body) ?? Array(bytes).withUnsafeBufferPointer(body)
    }
}

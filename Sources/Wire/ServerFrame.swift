// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

package import NIOCore
package import StrictJSON

/// Writes the frames of live.md §2, one JSON object each, members in the order of that table. Nothing here allocates
/// beyond the growth of the buffer, except where a text from outside has to be quoted.
package enum ServerFrame {
    /// `data` must have passed `JSONScanner.validate`: it is spliced in as it is. Without `id`: an ephemeral event.
    package static func event(id: Cursor?, topic: Topic, data: [UInt8], into buffer: inout ByteBuffer) {
        openEvent(id: id, topic: topic, length: data.count, into: &buffer)
        buffer.writeBytes(data)
        buffer.writeInteger(UInt8(ascii: "}"))
    }

    /// The same for bytes that are already in a buffer; its readable part is copied.
    package static func event(id: Cursor?, topic: Topic, data: ByteBuffer, into buffer: inout ByteBuffer) {
        openEvent(id: id, topic: topic, length: data.readableBytes, into: &buffer)
        buffer.writeImmutableBuffer(data)
        buffer.writeInteger(UInt8(ascii: "}"))
    }

    /// - Parameters:
    ///   - conn: names the connection in logs of both sides.
    ///   - id: where this connection starts; nil only when the `since` it asked for was malformed.
    ///   - ping: seconds between heartbeats.
    ///   - exp: end of the session in Unix seconds; nil for anonymous connections.
    package static func hello(
        conn: String,
        id: Cursor?,
        ping: Int,
        exp: Int64?,
        topics: [String],
        into buffer: inout ByteBuffer
    ) {
        buffer.writeStaticString(#"{"op":"hello","conn":"#)
        buffer.writeQuoted(conn)
        writeID(id, into: &buffer)
        buffer.writeStaticString(#","ping":"#)
        buffer.writeString(String(ping))
        if let exp {
            buffer.writeStaticString(#","exp":"#)
            buffer.writeString(String(exp))
        }
        buffer.writeStaticString(#","topics":["#)
        for (index, topic) in topics.enumerated() {
            if index > 0 { buffer.writeInteger(UInt8(ascii: ",")) }
            buffer.writeQuoted(topic)
        }
        buffer.writeStaticString("]}")
    }

    /// `id`: the position that the client shall have from here on, sent before any replay.
    package static func ok(ref: JSONValue, topic: String, id: Cursor? = nil, into buffer: inout ByteBuffer) {
        buffer.writeStaticString(#"{"op":"ok","ref":"#)
        buffer.writeBytes(ref.encoded())
        buffer.writeStaticString(#","topic":"#)
        buffer.writeQuoted(topic)
        writeID(id, into: &buffer)
        buffer.writeInteger(UInt8(ascii: "}"))
    }

    /// Without `ref`: a topic was taken away. `name` is that of a `CloseCode`, or another closed-list word.
    package static func err(ref: JSONValue?, topic: String, name: String, into buffer: inout ByteBuffer) {
        buffer.writeStaticString(#"{"op":"err""#)
        if let ref {
            buffer.writeStaticString(#","ref":"#)
            buffer.writeBytes(ref.encoded())
        }
        buffer.writeStaticString(#","topic":"#)
        buffer.writeQuoted(topic)
        buffer.writeStaticString(#","name":"#)
        buffer.writeQuoted(name)
        buffer.writeInteger(UInt8(ascii: "}"))
    }

    /// `topic`: a name, or `*` for all of the connection's.
    package static func gap(
        topic: String,
        from: Cursor?,
        id: Cursor?,
        why: GapReason,
        into buffer: inout ByteBuffer
    ) {
        buffer.writeStaticString(#"{"op":"gap","topic":"#)
        buffer.writeQuoted(topic)
        if let from {
            buffer.writeStaticString(#","from":""#)
            from.write(into: &buffer)
            buffer.writeInteger(UInt8(ascii: "\""))
        }
        writeID(id, into: &buffer)
        buffer.writeStaticString(#","why":""#)
        buffer.writeString(why.rawValue)
        buffer.writeStaticString(#""}"#)
    }

    package static func ping(id: Cursor, into buffer: inout ByteBuffer) {
        buffer.writeStaticString(#"{"op":"ping""#)
        writeID(id, into: &buffer)
        buffer.writeInteger(UInt8(ascii: "}"))
    }

    /// The session ends in so many seconds unless it is used.
    package static func exp(in seconds: Int, into buffer: inout ByteBuffer) {
        buffer.writeStaticString(#"{"op":"exp","in":"#)
        buffer.writeString(String(seconds))
        buffer.writeInteger(UInt8(ascii: "}"))
    }

    /// `retry` in milliseconds.
    package static func bye(code: CloseCode, retry: Int? = nil, into buffer: inout ByteBuffer) {
        buffer.writeStaticString(#"{"op":"bye","code":"#)
        buffer.writeDecimal(code.rawValue)
        if let retry {
            buffer.writeStaticString(#","retry":"#)
            buffer.writeString(String(retry))
        }
        buffer.writeInteger(UInt8(ascii: "}"))
    }

    private static func openEvent(id: Cursor?, topic: Topic, length: Int, into buffer: inout ByteBuffer) {
        buffer.reserveCapacity(minimumWritableBytes: length + topic.name.utf8.count + 80)
        buffer.writeInteger(UInt8(ascii: "{"))
        if let id {
            buffer.writeStaticString(#""id":""#)
            id.write(into: &buffer)
            buffer.writeStaticString(#"","#)
        }
        // No topic has a character that JSON would escape.
        buffer.writeStaticString(#""topic":""#)
        buffer.writeString(topic.name)
        buffer.writeStaticString(#"","data":"#)
    }

    private static func writeID(_ id: Cursor?, into buffer: inout ByteBuffer) {
        guard let id else { return }
        buffer.writeStaticString(#","id":""#)
        id.write(into: &buffer)
        buffer.writeInteger(UInt8(ascii: "\""))
    }
}

extension ByteBuffer {
    fileprivate mutating func writeQuoted(_ text: String) {
        var bytes: [UInt8] = []
        JSONText.quote(text, into: &bytes)
        writeBytes(bytes)
    }
}

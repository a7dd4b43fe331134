// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import CHiredis
package import NIOCore

/// hiredis' reader, owned: bytes in, whole replies out, however they were cut. Not thread-safe; one per connection.
///
/// Default reply objects and no function table, because hiredis 0.14 (Debian 12) and 1.x differ there. `maxbuf = 0`
/// keeps its buffer instead of freeing and growing it again around every large reply.
@safe package struct RESPReader: ~Copyable {
    private let reader: UnsafeMutablePointer<redisReader>
    private let maximumReplyBytes: Int
    /// Fed since the last whole reply.
    private var pendingBytes = 0

    package init(maximumReplyBytes: Int = 64 << 20) {
        // hiredis returns NULL only when the process is out of memory, which Swift itself does not survive either.
        unsafe reader = redisReaderCreate()!
        unsafe reader.pointee.maxbuf = 0
        self.maximumReplyBytes = maximumReplyBytes
    }

    deinit { unsafe redisReaderFree(reader) }

    @unsafe package mutating func feed(_ bytes: UnsafeRawBufferPointer) throws(RedisError) {
        guard let base = unsafe bytes.bindMemory(to: CChar.self).baseAddress, unsafe !bytes.isEmpty else { return }
        pendingBytes += bytes.count
        guard unsafe redisReaderFeed(reader, base, bytes.count) == REDIS_OK else { throw failure() }
    }

    package mutating func feed(_ buffer: inout ByteBuffer) throws(RedisError) {
        // `readWithUnsafeReadableBytes` rethrows untyped errors, so the typed one travels as a value.
        let result = unsafe buffer.readWithUnsafeReadableBytes { bytes -> (Int, Result<Void, RedisError>) in
            do throws(RedisError) {
                try unsafe feed(bytes)
                return (bytes.count, .success(()))
            } catch {
                return (bytes.count, .failure(error))
            }
        }
        try result.get()
    }

    /// The next whole reply, or nil until more bytes come. After an error the reader is of no further use.
    package mutating func next() throws(RedisError) -> RESPValue? {
        var reply: UnsafeMutableRawPointer?
        guard unsafe redisReaderGetReply(reader, &reply) == REDIS_OK else { throw failure() }
        guard let reply = unsafe reply else {
            if pendingBytes > maximumReplyBytes {
                throw RedisError(.replyTooLarge, "more than \(maximumReplyBytes) bytes")
            }
            return nil
        }
        defer { unsafe freeReplyObject(reply) }
        // What hiredis has not consumed yet belongs to the replies after this one.
        pendingBytes = unsafe reader.pointee.len - reader.pointee.pos
        return unsafe Self.value(reply.assumingMemoryBound(to: redisReply.self).pointee)
    }

    private func failure() -> RedisError {
        let text = unsafe withUnsafeBytes(of: &reader.pointee.errstr) { raw in
            unsafe String(decoding: raw.prefix { $0 != 0 }, as: UTF8.self)
        }
        return RedisError(.badReply, text)
    }

    @unsafe private static func value(_ reply: redisReply) -> RESPValue {
        switch unsafe reply.type {
        case REDIS_REPLY_STRING: .bulk(unsafe bytes(reply))
        case REDIS_REPLY_STATUS: .simple(String(decoding: unsafe bytes(reply), as: UTF8.self))
        case REDIS_REPLY_ERROR: .error(String(decoding: unsafe bytes(reply), as: UTF8.self))
        case REDIS_REPLY_INTEGER: .integer(unsafe reply.integer)
        case REDIS_REPLY_ARRAY:
            .array(
                (0..<Int(unsafe reply.elements)).map { index in
                    guard let element = unsafe reply.element?[index] else { return .null }
                    return unsafe value(element.pointee)
                }
            )
        default: .null
        }
    }

    @unsafe private static func bytes(_ reply: redisReply) -> [UInt8] {
        guard let text = unsafe reply.str else { return [] }
        return unsafe Array(UnsafeRawBufferPointer(start: text, count: Int(reply.len)))
    }
}

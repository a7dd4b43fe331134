// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import NIOCore
import Testing

@testable import Live

@Suite("Client frames")
struct FrameParserTests {
    private func parse(_ bytes: ByteBuffer, limit: Int = 4096) throws -> [FrameParser.Message] {
        var parser = FrameParser(limit: limit)
        var bytes = bytes
        var messages: [FrameParser.Message] = []
        while let message = try parser.next(&bytes) { messages.append(message) }
        return messages
    }

    private func refusal(_ bytes: [UInt8]) -> UInt16? {
        do {
            _ = try parse(ByteBuffer(bytes: bytes))
            return nil
        } catch {
            return (error as? FrameError)?.code
        }
    }

    @Test(
        "Each broken rule has its code",
        arguments: [
            ([0xC1, 0x80, 0, 0, 0, 0], 1002),  // RSV1
            ([0x83, 0x80, 0, 0, 0, 0], 1002),  // reserved opcode
            ([0x8B, 0x80, 0, 0, 0, 0], 1002),  // reserved control opcode
            ([0x81, 0x00], 1002),  // unmasked
            ([0x09, 0x80, 0, 0, 0, 0], 1002),  // fragmented ping
            ([0x89, 0xFE, 0, 126], 1002),  // ping of 126 bytes
            ([0x80, 0x80, 0, 0, 0, 0], 1002),  // continuation of nothing
            ([0x01, 0x80, 0, 0, 0, 0, 0x81, 0x80, 0, 0, 0, 0], 1002),  // text within a text
            ([0x81, 0xFE, 0, 125, 0, 0, 0, 0], 1002),  // length not minimal
            ([0x81, 0xFF, 0x80, 0, 0, 0, 0, 0, 0, 0], 1002),  // top bit of the length
            ([0x88, 0x81, 0, 0, 0, 0, 3], 1002),  // close of one byte
            ([0x88, 0x82, 0, 0, 0, 0, 0x03, 0xED], 1002),  // 1005 is not for the wire
            ([0x88, 0x83, 0, 0, 0, 0, 0x03, 0xE8, 0xFF], 1007),  // reason not UTF-8
            ([0x81, 0x81, 0, 0, 0, 0, 0xC0], 1007),
            ([0x81, 0xFE, 0x10, 0x01], 4009),  // refused by its header
        ] as [([UInt8], UInt16)]
    )
    func refuses(bytes: [UInt8], code: UInt16) {
        #expect(refusal(bytes) == code)
    }

    @Test("A message of exactly the limit passes, fragments and control frames between them too")
    func accepts() throws {
        let whole = [UInt8](repeating: 0x61, count: 4096)
        #expect(try parse(ClientFrames.frame(0x1, whole)) == [.text(whole)])
        var bytes = ClientFrames.frame(0x1, [0xC3], isFinal: false)
        bytes.writeImmutableBuffer(ClientFrames.frame(0x9, [1]))
        bytes.writeImmutableBuffer(ClientFrames.frame(0x0, [0xA9]))
        #expect(try parse(bytes) == [.ping(ByteBuffer(bytes: [1])), .text([0xC3, 0xA9])])
    }

    @Test("Whatever the cuts, the same messages come out")
    func survivesAnyCut() throws {
        var random = SeededGenerator(state: 7)
        for _ in 0..<200 {
            var stream = ByteBuffer()
            var expected: [FrameParser.Message] = []
            for _ in 0..<5 {
                let payload = (0..<Int.random(in: 0..<300, using: &random)).map { _ in
                    UInt8.random(in: 0x20..<0x7F, using: &random)
                }
                let mask = (0..<4).map { _ in UInt8.random(in: 0...255, using: &random) }
                stream.writeImmutableBuffer(ClientFrames.frame(0x1, payload, mask: mask))
                expected.append(.text(payload))
            }
            var parser = FrameParser(limit: 4096)
            var waiting = ByteBuffer()
            var got: [FrameParser.Message] = []
            while stream.readableBytes > 0 {
                let step = min(stream.readableBytes, Int.random(in: 1...40, using: &random))
                guard var part = stream.readSlice(length: step) else { break }
                waiting.writeBuffer(&part)
                while let message = try parser.next(&waiting) { got.append(message) }
            }
            #expect(got == expected)
        }
    }

    @Test("A wrong byte of a text is refused though neither its frame nor its message is complete")
    func refusesEarly() {
        var parser = FrameParser(limit: 4096)
        var start = ByteBuffer(bytes: [0x01, 0x82, 0, 0, 0, 0, 0x61, 0xC3])
        #expect(throws: Never.self) { try parser.next(&start) == nil }
        var frame = ByteBuffer(bytes: [0x80, 0x90, 0, 0, 0, 0, 0xA9, 0x61, 0xC0])
        #expect(throws: FrameError.notUTF8) { try parser.next(&frame) }
    }

    @Test("A mask is applied from where the payload was cut")
    func unmasks() throws {
        let payload = (0..<100).map { UInt8($0) }
        for step in 1...13 {
            var parser = FrameParser(limit: 4096)
            var stream = ClientFrames.frame(0x2, payload, mask: [0x91, 0x02, 0xF3, 0x74])
            var got: [FrameParser.Message] = []
            guard var head = stream.readSlice(length: 6) else { preconditionFailure("a frame has a header") }
            #expect(try parser.next(&head) == nil)
            while stream.readableBytes > 0, var part = stream.readSlice(length: min(step, stream.readableBytes)) {
                if let message = try parser.next(&part) { got.append(message) }
            }
            #expect(got == [.binary(payload)])
        }
    }

    @Test("Random bytes never trap")
    func survivesNoise() {
        var random = SeededGenerator(state: 11)
        for _ in 0..<20_000 {
            let bytes = (0..<Int.random(in: 0..<40, using: &random)).map { _ in
                UInt8.random(in: 0...255, using: &random)
            }
            _ = refusal(bytes)
        }
    }

    @Test("The handshake answers the example of RFC 6455 §1.3")
    func accept() throws {
        let key = Array("dGhlIHNhbXBsZSBub25jZQ==".utf8)[...]
        #expect(WebSocketHandshake.accept(key: key) == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
        try WebSocketHandshake.validate(key: key, version: Array("13".utf8)[...])
        #expect(throws: WebSocketHandshake.Refusal.badVersion) {
            try WebSocketHandshake.validate(key: key, version: Array("8".utf8)[...])
        }
        #expect(throws: WebSocketHandshake.Refusal.badKey) {
            try WebSocketHandshake.validate(key: Array("short".utf8)[...], version: Array("13".utf8)[...])
        }
    }
}

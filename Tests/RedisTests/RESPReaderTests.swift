// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import NIOCore
import Redis
import Testing

@Suite("RESPReader")
struct RESPReaderTests {
    static let samples: [(wire: String, value: RESPValue)] = [
        ("+OK\r\n", .simple("OK")),
        ("-WRONGTYPE no\r\n", .error("WRONGTYPE no")),
        (":-9223372036854775808\r\n", .integer(.min)),
        ("$5\r\nh\r\nlo\r\n", .bulk(Array("h\r\nlo".utf8))),
        ("$0\r\n\r\n", .bulk([])),
        ("$-1\r\n", .null),
        ("*-1\r\n", .null),
        ("*0\r\n", .array([])),
        (
            "*2\r\n*2\r\n$1\r\na\r\n:1\r\n*1\r\n*1\r\n*1\r\n*1\r\n$1\r\nz\r\n",
            .array([.array([.bulk([97]), .integer(1)]), .array([.array([.array([.array([.bulk([122])])])])])])
        ),
    ]

    @Test("Every reply comes out whole wherever its bytes are cut in two")
    func splitOnce() throws {
        let wire = Array(Self.samples.map(\.wire).joined().utf8)
        let expected = Self.samples.map(\.value)
        for cut in 0...wire.count {
            var reader = RESPReader()
            var values: [RESPValue] = []
            for part in [wire[..<cut], wire[cut...]] {
                var buffer = ByteBuffer(bytes: part)
                try reader.feed(&buffer)
                while let value = try reader.next() { values.append(value) }
            }
            #expect(values == expected, "cut at \(cut)")
        }
    }

    @Test("Replies come out whole when every byte comes alone")
    func splitEverywhere() throws {
        var reader = RESPReader()
        var values: [RESPValue] = []
        for byte in Self.samples.map(\.wire).joined().utf8 {
            var buffer = ByteBuffer(bytes: [byte])
            try reader.feed(&buffer)
            while let value = try reader.next() { values.append(value) }
        }
        #expect(values == Self.samples.map(\.value))
    }

    @Test("Random cuts of many replies change nothing")
    func splitRandomly() throws {
        var random = Xorshift(state: 0x9e37_79b9_7f4a_7c15)
        let wire = Array((0..<50).flatMap { _ in Self.samples.map(\.wire) }.joined().utf8)
        let expected = (0..<50).flatMap { _ in Self.samples.map(\.value) }
        for _ in 0..<20 {
            var reader = RESPReader()
            var values: [RESPValue] = []
            var start = 0
            while start < wire.count {
                let end = min(wire.count, start + Int.random(in: 1...300, using: &random))
                var buffer = ByteBuffer(bytes: wire[start..<end])
                try reader.feed(&buffer)
                start = end
                while let value = try reader.next() { values.append(value) }
            }
            #expect(values == expected)
        }
    }

    @Test(
        "Bytes that are not RESP2 are refused",
        arguments: ["%1\r\n", "HTTP/1.1 200 OK\r\n\r\n", "$x\r\n", ":1x\r\n", "\u{0}\r\n"]
    )
    func garbage(_ wire: String) throws {
        var reader = RESPReader()
        var buffer = ByteBuffer(string: wire)
        try reader.feed(&buffer)
        #expect(throws: RedisError.self) { _ = try reader.next() }
    }

    @Test("Random bytes are refused or wait for more, and never crash")
    func noise() {
        var random = Xorshift(state: 42)
        for _ in 0..<500 {
            var reader = RESPReader()
            let count = Int.random(in: 1...200, using: &random)
            let alphabet = Array("*$:+-0123456789\r\n\u{0}az".utf8)
            var buffer = ByteBuffer(bytes: (0..<count).map { _ in alphabet.randomElement(using: &random) ?? 0 })
            do {
                try reader.feed(&buffer)
                while try reader.next() != nil {}
            } catch {
                #expect(error.code == .badReply)
            }
        }
    }

    @Test("A reply is taken at the limit and refused one byte past it")
    func limit() throws {
        for (limit, passes) in [(107, true), (106, false)] {
            var reader = RESPReader(maximumReplyBytes: limit)
            // 100 bytes of text in 108 of wire; the last byte completes it.
            let wire = "$100\r\n" + String(repeating: "x", count: 100) + "\r\n"
            var buffer = ByteBuffer(bytes: Array(wire.utf8).dropLast())
            try reader.feed(&buffer)
            if passes {
                #expect(try reader.next() == nil)
            } else {
                #expect(throws: RedisError(.replyTooLarge, "more than 106 bytes")) { _ = try reader.next() }
            }
        }
    }

    @Test("Small replies behind one another never add up to the limit")
    func limitCountsOneReply() throws {
        var reader = RESPReader(maximumReplyBytes: 16)
        var buffer = ByteBuffer(string: String(repeating: "+PONG\r\n", count: 100) + "+PO")
        try reader.feed(&buffer)
        var count = 0
        while try reader.next() != nil { count += 1 }
        #expect(count == 100)
    }

    @Test("What the writer wrote, the reader reads as an array of bulk strings")
    func roundTrip() throws {
        var buffer = ByteBuffer()
        RESPWriter.write(["SET", "ключ", .bytes([0, 13, 10, 255]), -42, ""], into: &buffer)
        var reader = RESPReader()
        try reader.feed(&buffer)
        let words: [[UInt8]] = [Array("SET".utf8), Array("ключ".utf8), [0, 13, 10, 255], Array("-42".utf8), []]
        #expect(try reader.next() == .array(words.map { .bulk($0) }))
    }
}

struct Xorshift: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state
    }
}

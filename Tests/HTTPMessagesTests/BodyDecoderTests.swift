// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import NIOCore
import Testing

@testable import HTTPMessages

@Suite("Bodies")
struct BodyDecoderTests {
    /// The body, whether it ended, and what was left over.
    private func decode(
        _ text: String,
        _ framing: BodyFraming,
        pieceSize: Int = .max,
        limits: HeadLimits = .init()
    ) throws(MessageError) -> (body: String, ended: Bool, rest: String) {
        var decoder = HTTP1BodyDecoder(framing, limits: limits)
        var body = ""
        var buffer = ByteBuffer()
        var rest = Array(text.utf8)[...]
        repeat {
            buffer.writeBytes(rest.prefix(pieceSize))
            rest = rest.dropFirst(pieceSize)
            reading: while true {
                switch try decoder.next(&buffer) {
                case .chunk(let bytes): body += String(buffer: bytes)
                case .needMore: break reading
                case .end: return (body, true, String(buffer: buffer) + string(rest))
                }
            }
        } while !rest.isEmpty
        return (body, decoder.isEnded, String(buffer: buffer))
    }

    @Test(
        "Bodies end where they should, however they were cut",
        arguments: [
            ("helloREST", BodyFraming.length(5), "hello", "REST"), ("REST", .none, "", "REST"),
            ("REST", .length(0), "", "REST"),
            ("5\r\nhello\r\n0\r\n\r\nREST", .chunked, "hello", "REST"),
            (
                "5;a=b; c=\"d\"\r\nhello\r\n000A\r\n0123456789\r\n0\r\nA: b\r\nC:\r\n\r\nREST", .chunked,
                "hello0123456789", "REST"
            ),
            ("0000000000000001\r\nx\r\n0;x\r\n\r\n", .chunked, "x", ""),
        ]
    )
    func ends(text: String, framing: BodyFraming, body: String, rest: String) throws {
        for size in [Int.max, 1, 2, 3] {
            let result = try self.decode(text, framing, pieceSize: size)
            #expect(result == (body, true, rest))
        }
    }

    @Test(
        "A malformed chunk is refused",
        arguments: [
            "\r\n", "x\r\n", "5 \r\nhello\r\n", " 5\r\nhello\r\n", "+5\r\nhello\r\n", "0x5\r\nhello\r\n",
            "5\nhello\r\n", "5\r\nhelloX", "5\r\nhello\n",
            "5\rX", "00000000000000001\r\n", "8000000000000000\r\n", "5;\u{1}\r\n", "5;a\n", "0\r\n\n",
            "0\r\nA b: c\r\n\r\n", "0\r\n: c\r\n\r\n",
            "0\r\nA: \u{1}\r\n\r\n", "0\r\nA\r\n\r\n", "0\r\nA: b\n\r\n", "0\r\n A: b\r\n\r\n", "-1\r\n", ";\r\n",
        ]
    )
    func refusesChunks(text: String) {
        for size in [Int.max, 1] {
            #expect(throws: MessageError.self, "\(text.debugDescription)") {
                if try !self.decode(text, .chunked, pieceSize: size).ended {
                    Issue.record("\(text.debugDescription) still waits")
                }
            }
        }
    }

    @Test("Chunk extensions are bounded at 16 KiB in all")
    func extensions() throws {
        func body(_ length: Int) -> String { "1;\(String(repeating: "e", count: length - 1))\r\nx\r\n0\r\n\r\n" }
        #expect(try self.decode(body(16 * 1024), .chunked).body == "x")
        #expect(throws: MessageError.self) { try self.decode(body(16 * 1024 + 1), .chunked) }
    }

    @Test("Trailers are bounded in number and size")
    func trailers() throws {
        func body(_ count: Int) -> String { "0\r\n\(String(repeating: "a: b\r\n", count: count))\r\n" }
        #expect(try self.decode(body(100), .chunked).ended)
        #expect(throws: MessageError.self) { try self.decode(body(101), .chunked) }
        let trailers = "a: \(String(repeating: "b", count: 97))\r\n\r\n"
        #expect(try self.decode("0\r\n" + trailers, .chunked, limits: HeadLimits(field: 100)).ended)
        #expect(throws: MessageError.self) {
            try self.decode("0\r\n" + trailers, .chunked, limits: HeadLimits(field: 99))
        }
        #expect(try self.decode("0\r\n" + trailers, .chunked, limits: HeadLimits(head: trailers.utf8.count)).ended)
        #expect(throws: MessageError.self) {
            try self.decode("0\r\n" + trailers, .chunked, limits: HeadLimits(head: trailers.utf8.count - 2))
        }
    }

    @Test("Only a body that lasts until the close may end with it")
    func close() throws {
        var open = HTTP1BodyDecoder(.untilClose)
        try open.channelClosed()
        #expect(open.isEnded)
        for framing in [BodyFraming.length(1), .chunked] {
            var decoder = HTTP1BodyDecoder(framing)
            #expect(throws: MessageError.self) { try decoder.channelClosed() }
        }
    }

    @Test("HTTP/2 bodies: announced, unknown or absent")
    func http2() throws {
        var head = MessageHead()
        head.setRequest(method: .post, target: "/".utf8, version: .http2)
        #expect(try Framing.ofRequest(head) == .chunked)
        #expect(try Framing.ofRequest(head, endStream: true) == .none)
        head.append(name: "content-length".utf8, value: "3".utf8)
        #expect(try Framing.ofRequest(head) == .length(3))
        #expect(throws: MessageError.self) { try Framing.ofRequest(head, endStream: true) }
    }
}

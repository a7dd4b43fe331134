// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import NIOCore
import NIOHPACK
import Testing

@testable import Edge

@Suite("Field blocks (RFC 7541)")
struct FieldBlockTests {
    private static func bytes(_ hex: String) -> [UInt8] {
        let digits = hex.utf8.compactMap { Character(UnicodeScalar($0)).hexDigitValue.map { UInt8($0) } }
        return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }

    private static func text(_ block: FieldBlock) -> [String] {
        block.fields.map {
            String(decoding: block.name($0), as: UTF8.self) + "=" + String(decoding: block.value($0), as: UTF8.self)
        }
    }

    private func decode(_ decoder: inout FieldBlockDecoder, _ bytes: [UInt8], limit: Int = 32_768) throws -> FieldBlock
    {
        var block = FieldBlock()
        try decoder.decode(ByteBuffer(bytes: bytes), limit: limit, into: &block)
        return block
    }

    private static let requests = [
        [":method=GET", ":scheme=http", ":path=/", ":authority=www.example.com"],
        [":method=GET", ":scheme=http", ":path=/", ":authority=www.example.com", "cache-control=no-cache"],
        [
            ":method=GET", ":scheme=https", ":path=/index.html", ":authority=www.example.com",
            "custom-key=custom-value",
        ],
    ]

    @Test(
        "The examples of appendix C.3 and C.4: three requests on one connection, plain and by Huffman's code",
        arguments: [
            [
                "828684410f7777772e6578616d706c652e636f6d", "828684be58086e6f2d6361636865",
                "828785bf400a637573746f6d2d6b65790c637573746f6d2d76616c7565",
            ],
            [
                "828684418cf1e3c2e5f23a6ba0ab90f4ff", "828684be5886a8eb10649cbf",
                "828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf",
            ],
        ]
    )
    func requests(blocks: [String]) throws {
        var decoder = FieldBlockDecoder()
        for (hex, expected) in zip(blocks, Self.requests) {
            #expect(Self.text(try self.decode(&decoder, Self.bytes(hex))) == expected)
        }
    }

    @Test("The examples of appendix C.6: a table of 256 bytes evicts its oldest")
    func evictions() throws {
        var decoder = FieldBlockDecoder()
        let date = "date=Mon, 21 Oct 2013 20:13:2"
        let rest = ["cache-control=private", date + "1 GMT", "location=https://www.example.com"]
        let first = Self.bytes(
            "3fe101488264025885aec3771a4b6196d07abe941054d444a8200595040b8166e082a62d1bff6e919d29ad171863c78f0b97c8e9ae82ae43d3"
        )
        #expect(Self.text(try self.decode(&decoder, first)) == [":status=302"] + rest)
        #expect(Self.text(try self.decode(&decoder, Self.bytes("4883640effc1c0bf"))) == [":status=307"] + rest)
        let third = Self.bytes(
            "88c16196d07abe941054d444a8200595040b8166e084a62d1bffc05a839bd9ab77ad94e7821dd7f2e6c7b335dfdfcd5b3960d5af27087f3672c1ab270fb5291f9587316065c003ed4ee5b1063d5007"
        )
        #expect(
            Self.text(try self.decode(&decoder, third)) == [
                ":status=200", rest[0], date + "2 GMT", rest[2], "content-encoding=gzip",
                "set-cookie=foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1",
            ]
        )
    }

    @Test(
        "What cannot be decoded ends the connection",
        arguments: [
            "80",  // index 0
            "c6",  // index 70 of an empty table
            "ffffffffff0f",  // an integer without end
            "4003",  // a name that is cut off
            "400161",  // no value
            "400161847fffffff",  // the end symbol
            "40016181ff",  // padding longer than seven bits
            "4001618100",  // padding of zeros
            "3fe21f",  // a table of 4,097 bytes
            "8220",  // a size update behind a field
        ]
    )
    func broken(hex: String) {
        var decoder = FieldBlockDecoder()
        #expect(throws: HTTP2Fault(.compressionError)) { try self.decode(&decoder, Self.bytes(hex)) }
    }

    @Test("A table of 4,096 bytes is the largest, and may be emptied and filled again")
    func resize() throws {
        var decoder = FieldBlockDecoder()
        _ = try self.decode(&decoder, Self.bytes("3fe11f400161016240016301 64"))
        #expect(Self.text(try self.decode(&decoder, Self.bytes("bebf"))) == ["c=d", "a=b"])
        #expect(throws: HTTP2Fault(.compressionError)) { try self.decode(&decoder, Self.bytes("20be")) }
    }

    @Test(
        "A list at its limit is whole; beyond it fields are dropped, the table is kept; far beyond it the connection ends"
    )
    func limit() throws {
        var decoder = FieldBlockDecoder()
        let field = Self.bytes("4001610162")  // 34 bytes by the list's measure
        #expect(try self.decode(&decoder, field, limit: 34).fields.count == 1)
        let over = try self.decode(&decoder, field + Self.bytes("be"), limit: 67)
        #expect(over.fields.count == 1)
        #expect(over.size == 68)
        let bomb = [UInt8](repeating: 0xBE, count: 1_000)
        #expect(throws: HTTP2Fault(.enhanceYourCalm)) { try self.decode(&decoder, bomb, limit: 1_000) }
    }

    @Test("Every symbol comes back from Huffman's code, in blocks of another encoder that share a table")
    func huffman() throws {
        var encoder = HPACKEncoder(allocator: ByteBufferAllocator())
        var decoder = FieldBlockDecoder()
        let symbols = String(String.UnicodeScalarView((0..<0x800).compactMap(UnicodeScalar.init)))
        for round in 0..<40 {
            let start = symbols.index(symbols.startIndex, offsetBy: round * 40)
            let fields = [
                ("x-\(round % 7)", String(symbols[start...].prefix(60))), ("x-same", "of every block"),
                ("x-\(round % 3)", "a"),
            ]
            var block = ByteBuffer()
            try encoder.encode(headers: HPACKHeaders(fields), to: &block)
            #expect(
                Self.text(try self.decode(&decoder, Array(block.readableBytesView))) == fields.map { $0.0 + "=" + $0.1 }
            )
        }
    }

    @Test("The end symbol within a string is an error")
    func endSymbol() {
        var output: [UInt8] = []
        // 30 ones behind the code of a line feed.
        #expect(!Self.bytes("fffffff3ffffffff").withUnsafeBytes { HuffmanCode.decode($0, into: &output) })
        output = []
        #expect(Self.bytes("fffffff3").withUnsafeBytes { HuffmanCode.decode($0, into: &output) })
        #expect(output == [10])
    }

    @Test("What is encoded is decoded again; control characters leave a field out")
    func roundTrip() throws {
        var buffer = ByteBuffer()
        FieldBlockEncoder.emptyTable(into: &buffer)
        for status in [200, 204, 304, 404, 503] { FieldBlockEncoder.status(status, into: &buffer) }
        let long = String(repeating: "v", count: 20_000)
        let fields = [
            ("content-type", "text/html"), ("x-own", ""), ("set-cookie", "a=b"), ("last-modified", long), (long, "x"),
            ("www-authenticate", "Bearer"), ("strict-transport-security", "max-age=1"),
        ]
        for (name, value) in fields + [("x-bad", "a\r\nb")] {
            FieldBlockEncoder.field(name: Array(name.utf8)[...], value: Array(value.utf8)[...], into: &buffer)
        }
        FieldBlockEncoder.contentLength(12_345, into: &buffer)
        var decoder = FieldBlockDecoder()
        let block = try self.decode(&decoder, Array(buffer.readableBytesView), limit: 1 << 20)
        let statuses = ["200", "204", "304", "404", "503"].map { ":status=" + $0 }
        #expect(Self.text(block) == statuses + fields.map { $0.0 + "=" + $0.1 } + ["content-length=12345"])
    }
}

// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

/// Framing, pings, reserved bits and opcodes, fragmentation.
enum FramingCases {
    private typealias Frame = ClientFrame

    static let sizes = [0, 125, 126, 127, 128, 65_535, 65_536]

    /// Echo of any size, text and binary, whole and in pieces.
    static let messages: [ConformanceCase] =
        sizes.flatMap { size -> [ConformanceCase] in
            let (letters, noise) = (bytes(size, ascii: true), bytes(size, ascii: false))
            return [
                ConformanceCase("1.1 text of \(size)", [Frame.make(1, letters)], [.text(letters)]),
                ConformanceCase("1.2 binary of \(size)", [Frame.make(2, noise)], [.binary(noise)]),
                ConformanceCase("1.1 text of \(size), chopped", [Frame.make(1, letters)], chop: 997, [.text(letters)]),
                ConformanceCase("1.2 binary of \(size), chopped", [Frame.make(2, noise)], chop: 997, [.binary(noise)]),
            ]
        }

    static let controls: [ConformanceCase] = [
        ConformanceCase("2.1 empty ping", [Frame.ping()], [.pong([])]),
        ConformanceCase("2.2 ping with text", [Frame.ping("Hello, world!")], [.pong(Array("Hello, world!".utf8))]),
        ConformanceCase("2.3 ping with any bytes", [Frame.make(9, [0, 0xFF, 0xFE])], [.pong([0, 0xFF, 0xFE])]),
        ConformanceCase("2.4 ping of 125", [Frame.make(9, bytes(125))], [.pong(bytes(125))]),
        ConformanceCase("2.5 ping of 126", [Frame.make(9, bytes(126))], [.close(1002)]),
        ConformanceCase("2.6 ping of 125 by octets", [Frame.make(9, bytes(125))], chop: 1, [.pong(bytes(125))]),
        ConformanceCase("2.7 empty pong nobody asked for", [Frame.pong()], []),
        ConformanceCase("2.8 pong nobody asked for", [Frame.pong("unsolicited")], []),
        ConformanceCase("2.9 pong, then ping", [Frame.pong("a"), Frame.ping("b")], [.pong([0x62])]),
        ConformanceCase("2.10 ten pings", (0..<10).map { Frame.ping("\($0)") }, (0..<10).map { .pong([0x30 + $0]) }),
        ConformanceCase(
            "2.11 ten pings by octets",
            (0..<10).map { Frame.ping("\($0)") },
            chop: 1,
            (0..<10).map { .pong([0x30 + $0]) }
        ),
    ]

    static let reserved: [ConformanceCase] =
        (1...7).flatMap { bits -> [ConformanceCase] in
            [
                ConformanceCase("3 RSV \(bits) on text", [Frame.make(1, [0x2A], rsv: bits)], [.close(1002)]),
                ConformanceCase("3 RSV \(bits) on binary", [Frame.make(2, [0x2A], rsv: bits)], [.close(1002)]),
                ConformanceCase("3 RSV \(bits) on ping", [Frame.make(9, [], rsv: bits)], [.close(1002)]),
                ConformanceCase("3 RSV \(bits) on close", [Frame.make(8, [], rsv: bits)], [.close(1002)]),
                ConformanceCase(
                    "3 RSV \(bits) after a good message, by octets",
                    [Frame.text("good"), Frame.make(1, [0x2A], rsv: bits), Frame.ping()],
                    chop: 1,
                    [.text("good"), .close(1002)]
                ),
            ]
        }

    static let opcodes: [ConformanceCase] = [3, 4, 5, 6, 7, 11, 12, 13, 14, 15].flatMap { opcode -> [ConformanceCase] in
        [
            ConformanceCase("4 opcode \(opcode)", [Frame.make(opcode)], [.close(1002)]),
            ConformanceCase("4 opcode \(opcode) with payload", [Frame.make(opcode, bytes(20))], [.close(1002)]),
            ConformanceCase(
                "4 opcode \(opcode) after a good message",
                [Frame.text("good"), Frame.make(opcode), Frame.ping()],
                [.text("good"), .close(1002)]
            ),
            ConformanceCase(
                "4 opcode \(opcode) after a good message, by octets",
                [Frame.text("good"), Frame.make(opcode, bytes(3)), Frame.ping()],
                chop: 1,
                [.text("good"), .close(1002)]
            ),
        ]
    }

    static let fragments: [ConformanceCase] = [
        ConformanceCase(
            "5.1 ping in fragments",
            [Frame.make(9, [1], isFinal: false), Frame.more("b", isFinal: true)],
            [.close(1002)]
        ),
        ConformanceCase(
            "5.2 pong in fragments",
            [Frame.make(10, [1], isFinal: false), Frame.more("b", isFinal: true)],
            [.close(1002)]
        ),
        ConformanceCase("5.2 close in fragments", [Frame.make(8, [3, 0xE8], isFinal: false)], [.close(1002)]),
        ConformanceCase(
            "5.3 text in two",
            [Frame.text("a", isFinal: false), Frame.more("b", isFinal: true)],
            [.text("ab")]
        ),
        ConformanceCase(
            "5.5 text in two, by octets",
            [Frame.text("fragment1", isFinal: false), Frame.more("fragment2", isFinal: true)],
            chop: 1,
            [.text("fragment1fragment2")]
        ),
        ConformanceCase(
            "5.6 a ping between two fragments",
            [Frame.text("a", isFinal: false), Frame.ping("p"), Frame.more("b", isFinal: true)],
            [.pong([0x70]), .text("ab")]
        ),
        ConformanceCase(
            "5.8 the same by octets",
            [Frame.text("a", isFinal: false), Frame.ping("p"), Frame.more("b", isFinal: true)],
            chop: 1,
            [.pong([0x70]), .text("ab")]
        ),
        ConformanceCase("5.9 the end of nothing", [Frame.more("x", isFinal: true), Frame.text("y")], [.close(1002)]),
        ConformanceCase("5.12 more of nothing", [Frame.more("x", isFinal: false), Frame.text("y")], [.close(1002)]),
        ConformanceCase(
            "5.15 the end twice",
            [Frame.text("a", isFinal: false), Frame.more("b", isFinal: true), Frame.more("c", isFinal: false)],
            [.text("ab"), .close(1002)]
        ),
        ConformanceCase(
            "5.16 more of nothing, then text in two",
            [Frame.more("x", isFinal: false), Frame.text("a", isFinal: false), Frame.more("b", isFinal: true)],
            [.close(1002)]
        ),
        ConformanceCase("5.18 text within a text", [Frame.text("a", isFinal: false), Frame.text("b")], [.close(1002)]),
        ConformanceCase(
            "5.18 binary within a text",
            [Frame.text("a", isFinal: false), Frame.make(2, [1])],
            [.close(1002)]
        ),
        ConformanceCase(
            "5.19 five fragments and two pings",
            [
                Frame.text("1", isFinal: false), Frame.more("2", isFinal: false), Frame.ping("a"),
                Frame.more("3", isFinal: false), Frame.more("4", isFinal: false), Frame.ping("b"),
                Frame.more("5", isFinal: true),
            ],
            [.pong([0x61]), .pong([0x62]), .text("12345")]
        ),
        ConformanceCase(
            "5 empty fragments",
            [Frame.text("", isFinal: false), Frame.more("", isFinal: false), Frame.more("", isFinal: true)],
            [.text("")]
        ),
        ConformanceCase("5.1 frame without a mask", [[0x81, 0x01, 0x61]], [.close(1002)]),
        ConformanceCase("5.2 length of 125 in 16 bits", [[0x82, 0xFE, 0, 125, 0, 0, 0, 0]], [.close(1002)]),
        ConformanceCase(
            "5.2 length of 65,535 in 64 bits",
            [[0x82, 0xFF, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 0, 0, 0, 0]],
            [.close(1002)]
        ),
        ConformanceCase("5.2 top bit of the length", [[0x82, 0xFF, 0x80, 0, 0, 0, 0, 0, 0, 0]], [.close(1002)]),
        ConformanceCase(
            "5.2 one octet more than the cap, refused by its header",
            [[0x82, 0xFF, 0, 0, 0, 0, 1, 0, 0, 1]],
            [.close(4009)]
        ),
    ]

    /// Letters, or every value there is.
    static func bytes(_ count: Int, ascii: Bool = true) -> [UInt8] {
        let page = (0..<min(count, 26 << 8)).map { (index: Int) in
            ascii ? UInt8(0x61 + index % 26) : UInt8(truncatingIfNeeded: index &* 7 &+ index >> 8)
        }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count)
        while bytes.count < count { bytes += page.prefix(count - bytes.count) }
        return bytes
    }
}

// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

/// The closing handshake: order, codes, reasons.
enum ClosingCases {
    private typealias Frame = ClientFrame

    static let order: [ConformanceCase] = [
        ConformanceCase(
            "7.1.1 a message, then a close",
            [Frame.text("Hello"), Frame.close(1000)],
            [.text("Hello"), .close(1000)]
        ),
        ConformanceCase("7.1.2 two closes", [Frame.close(1000), Frame.close(1001)], [.close(1000)]),
        ConformanceCase("7.1.3 a ping after the close", [Frame.close(1000), Frame.ping("late")], [.close(1000)]),
        ConformanceCase("7.1.4 a text after the close", [Frame.close(1000), Frame.text("late")], [.close(1000)]),
        ConformanceCase(
            "7.1.5 a close between two fragments",
            [Frame.text("a", isFinal: false), Frame.close(1000), Frame.more("b", isFinal: true)],
            [.close(1000)]
        ),
        ConformanceCase(
            "7.1.6 a long message, a close, a text",
            [Frame.make(1, FramingCases.bytes(256 << 10)), Frame.close(1000), Frame.text("late")],
            [.text(FramingCases.bytes(256 << 10)), .close(1000)]
        ),
    ]

    static let payloads: [ConformanceCase] = [
        ConformanceCase("7.3.1 no status", [Frame.make(8)], [.close(nil)]),
        ConformanceCase("7.3.2 one octet", [Frame.make(8, [3])], [.close(1002)]),
        ConformanceCase("7.3.3 a status", [Frame.close(1000)], [.close(1000)]),
        ConformanceCase("7.3.4 a reason", [Frame.close(1000, Array("Hello, world!".utf8))], [.close(1000)]),
        ConformanceCase("7.3.5 a reason of 123", [Frame.close(1000, FramingCases.bytes(123))], [.close(1000)]),
        ConformanceCase("7.3.6 a reason of 124", [Frame.close(1000, FramingCases.bytes(124))], [.close(1002)]),
        ConformanceCase("7.5.1 a reason that is no text", [Frame.close(1000, [0xCE, 0xBA, 0xFF])], [.close(1007)]),
        ConformanceCase("7.5.1 a reason cut within a character", [Frame.close(1000, [0xCE])], [.close(1007)]),
    ]

    static let codes: [ConformanceCase] =
        [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999].map {
            ConformanceCase("7.7 status \($0)", [Frame.close($0)], [.close($0)])
        }
        + [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535].flatMap { code -> [ConformanceCase] in
            [
                ConformanceCase("7.9 status \(code)", [Frame.close(code)], [.close(1002)]),
                ConformanceCase("7.9 status \(code), with a reason", [Frame.close(code, [0x61])], [.close(1002)]),
            ]
        }
}

// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

/// UTF-8 (RFC 3629 §4): what is a text, what is not, and that a wrong byte is refused before the rest has come.
enum TextCases {
    private typealias Frame = ClientFrame

    /// The edges of each length, the neighbours of the surrogates, non-characters, a few words.
    static let valid: [[UInt8]] = [
        [], Array("Hello-µ@ßöäüàá-UTF-8!!".utf8), [0xCE, 0xBA, 0xE1, 0xBD, 0xB9, 0xCF, 0x83, 0xCE, 0xBC, 0xCE, 0xB5],
        [0x00], [0x7F], [0xC2, 0x80], [0xDF, 0xBF], [0xE0, 0xA0, 0x80], [0xEF, 0xBF, 0xBF], [0xF0, 0x90, 0x80, 0x80],
        [0xF4, 0x8F, 0xBF, 0xBF], [0xED, 0x9F, 0xBF], [0xEE, 0x80, 0x80], [0xEF, 0xBF, 0xBD], [0xEF, 0xBF, 0xBE],
        [0xEF, 0xB7, 0x90], [0xF0, 0x9F, 0xBF, 0xBE], [0xF3, 0xBF, 0xBF, 0xBF], [0xEF, 0xBB, 0xBF],
    ]

    static let invalid: [[UInt8]] =
        [
            // Continuations of nothing.
            [0x80], [0xBF], [0x80, 0xBF], [0x61, 0x80, 0x61],
            // Characters that end too early.
            [0xC2], [0xDF], [0xE0, 0xA0], [0xEF, 0xBF], [0xF0, 0x90, 0x80], [0xF4, 0x8F, 0xBF], [0xC2, 0x61],
            [0xE1, 0x80, 0x61], [0xF1, 0x80, 0x80, 0x61],
            // Bytes that are in no text.
            [0xC0], [0xC1], [0xF5], [0xFE], [0xFF], [0xFE, 0xFE, 0xFF, 0xFF],
            // Longer than need be.
            [0xC0, 0xAF], [0xE0, 0x80, 0xAF], [0xF0, 0x80, 0x80, 0xAF], [0xC1, 0xBF], [0xE0, 0x9F, 0xBF],
            [0xF0, 0x8F, 0xBF, 0xBF], [0xC0, 0x80], [0xF8, 0x88, 0x80, 0x80, 0x80],
            [0xFC, 0x84, 0x80, 0x80, 0x80, 0x80],
            // Surrogates, alone and in pairs.
            [0xED, 0xA0, 0x80], [0xED, 0xAD, 0xBF], [0xED, 0xAE, 0x80], [0xED, 0xAF, 0xBF], [0xED, 0xB0, 0x80],
            [0xED, 0xBE, 0x80], [0xED, 0xBF, 0xBF], [0xED, 0xA0, 0x80, 0xED, 0xB0, 0x80],
            // Beyond U+10FFFF.
            [0xF4, 0x90, 0x80, 0x80], [0xF7, 0xBF, 0xBF, 0xBF],
        ]

    static let whole: [ConformanceCase] =
        valid.enumerated().flatMap { number, text -> [ConformanceCase] in
            [
                ConformanceCase("6 valid \(number)", [Frame.make(1, text)], [.text(text)]),
                ConformanceCase("6 valid \(number), by octets", [Frame.make(1, text)], chop: 1, [.text(text)]),
            ]
                + (text.isEmpty
                    ? []
                    : [
                        ConformanceCase(
                            "6 valid \(number), a fragment each",
                            [Frame.fragmented(1, text, size: 1)],
                            [.text(text)]
                        )
                    ])
        }
        + invalid.enumerated().flatMap { number, text -> [ConformanceCase] in
            [
                ConformanceCase("6 invalid \(number)", [Frame.make(1, text)], [.close(1007)]),
                ConformanceCase("6 invalid \(number) as binary", [Frame.make(2, text)], [.binary(text)]),
                ConformanceCase(
                    "6 invalid \(number), a fragment each",
                    [Frame.fragmented(1, text, size: 1), Frame.ping()],
                    [.close(1007)]
                ),
                ConformanceCase(
                    "6 invalid \(number) after a text",
                    [Frame.text("good"), Frame.make(1, Array("κόσμε".utf8) + text + [0x21])],
                    [.text("good"), .close(1007)]
                ),
            ]
        }

    /// Nothing follows the wrong byte, so only who checks while reading can answer.
    static let early: [ConformanceCase] =
        ([[0xF4, 0x90], [0xED, 0xA0], [0xC0], [0xFF], [0x80], [0xE0, 0x80]] as [[UInt8]]).flatMap {
            bad -> [ConformanceCase] in
            let start = Array("κόσμε".utf8)
            let whole = Frame.make(1, start + bad + FramingCases.bytes(100))
            return [
                ConformanceCase(
                    "6.4 \(bad) in a fragment",
                    [Frame.make(1, start + bad, isFinal: false)],
                    [.close(1007)]
                ),
                ConformanceCase(
                    "6.4 \(bad) in the second fragment",
                    [Frame.make(1, start, isFinal: false), Frame.make(0, bad, isFinal: false)],
                    [.close(1007)]
                ),
                ConformanceCase("6.4 \(bad) within a frame", [Array(whole.dropLast(100))], [.close(1007)]),
                ConformanceCase(
                    "6.4 \(bad) within a frame, by octets",
                    [Array(whole.dropLast(100))],
                    chop: 1,
                    [.close(1007)]
                ),
            ]
        }
}

// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

/// Long messages, many fragments, many writes, many messages.
enum VolumeCases {
    private typealias Frame = ClientFrame

    /// Up to the parser's own bound of 16 MiB.
    static func long() -> [ConformanceCase] {
        [64 << 10, 256 << 10, 1 << 20, 4 << 20, 16 << 20].flatMap { size -> [ConformanceCase] in
            let (letters, noise) = (FramingCases.bytes(size), FramingCases.bytes(size, ascii: false))
            return [
                ConformanceCase("9.1 text of \(size)", [Frame.make(1, letters)], [.text(letters)]),
                ConformanceCase("9.2 binary of \(size)", [Frame.make(2, noise)], [.binary(noise)]),
            ]
        }
    }

    static func fragmented() -> [ConformanceCase] {
        let (letters, noise) = (FramingCases.bytes(1 << 20), FramingCases.bytes(1 << 20, ascii: false))
        return [64, 256, 1024, 4096, 65_536].flatMap { size -> [ConformanceCase] in
            [
                ConformanceCase(
                    "9.3 text in fragments of \(size)",
                    [Frame.fragmented(1, letters, size: size)],
                    [.text(letters)]
                ),
                ConformanceCase(
                    "9.4 binary in fragments of \(size)",
                    [Frame.fragmented(2, noise, size: size)],
                    [.binary(noise)]
                ),
            ]
        }
    }

    static func chopped() -> [ConformanceCase] {
        let text = FramingCases.bytes(256 << 10)
        return [64, 128, 512, 2048].map { (size: Int) in
            ConformanceCase("9.5 text in writes of \(size)", [Frame.make(1, text)], chop: size, [.text(text)])
        }
    }

    static func many() -> [ConformanceCase] {
        [0, 16, 64, 256, 1024, 4096].flatMap { size -> [ConformanceCase] in
            let (letters, noise) = (FramingCases.bytes(size), FramingCases.bytes(size, ascii: false))
            return [
                ConformanceCase(
                    "9.7 1,000 texts of \(size)",
                    Array(repeating: Frame.make(1, letters), count: 1000),
                    Array(repeating: .text(letters), count: 1000)
                ),
                ConformanceCase(
                    "9.8 1,000 binaries of \(size)",
                    Array(repeating: Frame.make(2, noise), count: 1000),
                    Array(repeating: .binary(noise), count: 1000)
                ),
            ]
        }
    }

    static func uneven() -> [ConformanceCase] {
        let text = FramingCases.bytes(65_536)
        return [ConformanceCase("10.1 fragments of 1,300", [Frame.fragmented(1, text, size: 1300)], [.text(text)])]
    }
}

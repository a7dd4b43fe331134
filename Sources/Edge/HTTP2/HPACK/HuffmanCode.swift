// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

/// The code of RFC 7541 Appendix B. It is canonical: codes of one length follow each other in the order of their symbols, so
/// the lengths say everything.
enum HuffmanCode {
    /// Appends what `input` stands for. `false`: it holds the end symbol, or is padded by anything but up to seven ones.
    static func decode(_ input: UnsafeRawBufferPointer, into output: inout [UInt8]) -> Bool {
        let tables = self.tables
        output.reserveCapacity(output.count + input.count * 8 / 5)
        var bits: UInt64 = 0  // the next ones, from the top
        var count = 0
        var index = 0
        while true {
            while count <= 56, index < input.count {
                bits |= UInt64(input[index]) << UInt64(56 - count)
                count += 8
                index += 1
            }
            if count == 0 { return true }
            let short = tables.short[Int(bits >> 56)]
            if short.length > 0, Int(short.length) <= count {
                output.append(short.symbol)
                bits <<= UInt64(short.length)
                count -= Int(short.length)
                continue
            }
            // Fewer than a code's bits, all ones: padding (§5.2).
            if count < 8, index == input.count, bits == ~0 << UInt64(64 - count) { return true }
            guard short.length == 0, let (symbol, length) = tables.long(UInt32(bits >> 32)), length <= count else {
                return false
            }
            output.append(symbol)
            bits <<= UInt64(length)
            count -= length
        }
    }

    private struct Tables {
        /// By the next eight bits; length 0: a longer code.
        var short = [(symbol: UInt8, length: UInt8)](repeating: (0, 0), count: 256)
        /// By length: the first code that is longer, moved to the top of 32 bits, and the symbols in order.
        var limits = [UInt64](repeating: 0, count: 31)
        var firstCode = [UInt32](repeating: 0, count: 31)
        var firstIndex = [Int](repeating: 0, count: 31)
        var symbols: [Int] = []

        init(_ lengths: [UInt8]) {
            var code: UInt32 = 0
            for length in 1...30 {
                code <<= 1
                self.firstCode[length] = code
                self.firstIndex[length] = self.symbols.count
                for symbol in lengths.indices where Int(lengths[symbol]) == length {
                    self.symbols.append(symbol)
                    if length <= 8 {
                        let first = Int(code) << (8 - length)
                        for slot in first..<(first + (1 << (8 - length))) {
                            self.short[slot] = (UInt8(symbol), UInt8(length))
                        }
                    }
                    code += 1
                }
                self.limits[length] = UInt64(code) << UInt64(32 - length)
            }
        }

        /// The code at the top of `bits`, which has more than eight; `nil` for the end symbol.
        func long(_ bits: UInt32) -> (symbol: UInt8, length: Int)? {
            for length in 9...30 where UInt64(bits) < self.limits[length] {
                let offset = Int((bits >> UInt32(32 - length)) - self.firstCode[length])
                let symbol = self.symbols[self.firstIndex[length] + offset]
                return symbol < 256 ? (UInt8(symbol), length) : nil
            }
            return nil
        }
    }

    private static let tables = Tables(Self.lengths)

    /// Bits of each symbol's code; the last is the end of the string.
    private static let lengths: [UInt8] = [
        13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30, 28,
        28, 28, 28, 28, 28, 28, 28, 28, 6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6,
        5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10, 13, 6, 7, 7, 7, 7, 7, 7,
        7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6,
        15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5, 6, 7, 6, 5, 5, 6, 7, 7,
        7, 7, 7, 15, 11, 14, 13, 28, 20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23,
        24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24, 22, 21, 20, 22, 22, 23, 23, 21,
        23, 22, 22, 24, 21, 22, 23, 23, 21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23,
        26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25, 19, 21, 26, 27, 27, 26, 27, 24,
        21, 21, 26, 26, 28, 27, 27, 27, 20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23,
        26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26, 30,
    ]
}

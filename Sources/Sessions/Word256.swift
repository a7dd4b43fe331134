// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

/// 32 bytes held inline: a cache key that needs no heap.
struct Word256: Sendable, Hashable {
    private let a: UInt64
    private let b: UInt64
    private let c: UInt64
    private let d: UInt64

    init?(_ bytes: some Collection<UInt8>) {
        guard bytes.count == 32 else { return nil }
        var rest = bytes[...]
        func word() -> UInt64 {
            let word = rest.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
            rest = rest.dropFirst(8)
            return word
        }
        (self.a, self.b, self.c, self.d) = (word(), word(), word(), word())
    }

    static func random(using generator: inout some RandomNumberGenerator) -> Word256 {
        Word256(a: generator.next(), b: generator.next(), c: generator.next(), d: generator.next())
    }

    private init(a: UInt64, b: UInt64, c: UInt64, d: UInt64) {
        (self.a, self.b, self.c, self.d) = (a, b, c, d)
    }

    var bytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(32)
        for word in [a, b, c, d] {
            for shift in stride(from: UInt64(56), through: 0, by: -8) {
                bytes.append(UInt8(truncatingIfNeeded: word >> shift))
            }
        }
        return bytes
    }
}

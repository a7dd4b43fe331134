// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

/// What `traceparent` says (W3C Trace Context §3.2): which trace, which span asked, whether it is recorded.
package struct TraceContext: Sendable, Hashable {
    package let trace: TraceID
    /// The sender's span, never zero.
    package let span: UInt64
    package let isSampled: Bool

    package init(trace: TraceID, span: UInt64, isSampled: Bool) {
        self.trace = trace
        self.span = span
        self.isSampled = isSampled
    }

    /// Nil for everything that is not well-formed to the letter: then there was no parent (§3.2.2, §4.3). A version
    /// above 00 may have more behind a further dash.
    package init?(_ text: some Collection<UInt8>) {
        let bytes = Array(text)
        guard bytes.count >= 55, bytes[2] == Self.dash, bytes[35] == Self.dash, bytes[52] == Self.dash,
            let version = Self.hex(bytes[0..<2]), version != 0xFF,
            let high = Self.hex(bytes[3..<19]), let low = Self.hex(bytes[19..<35]),
            let span = Self.hex(bytes[36..<52]), let flags = Self.hex(bytes[53..<55])
        else { return nil }
        guard bytes.count == 55 || (version > 0 && bytes[55] == Self.dash) else { return nil }
        guard high | low != 0, span != 0 else { return nil }
        self.init(trace: TraceID(high: high, low: low), span: span, isSampled: flags & 1 == 1)
    }

    /// As `traceparent` carries it, version 00.
    package var text: String { "00-\(self.trace)-\(TraceID.hex(self.span))-0\(self.isSampled ? 1 : 0)" }

    private static let dash = UInt8(ascii: "-")

    /// Lower-case digits only (§3.2.2.1).
    private static func hex(_ digits: ArraySlice<UInt8>) -> UInt64? {
        var value: UInt64 = 0
        for digit in digits {
            switch digit {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = value << 4 | UInt64(digit - UInt8(ascii: "0"))
            case UInt8(ascii: "a")...UInt8(ascii: "f"): value = value << 4 | UInt64(digit - UInt8(ascii: "a") + 10)
            default: return nil
            }
        }
        return value
    }
}

package struct TraceID: Sendable, Hashable {
    package let high: UInt64
    package let low: UInt64

    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    static func hex(_ word: UInt64) -> String {
        let digits = String(word, radix: 16)
        return String(repeating: "0", count: 16 - digits.utf8.count) + digits
    }
}

extension TraceID: CustomStringConvertible {
    /// 32 lower-case hexadecimal digits.
    package var description: String { Self.hex(self.high) + Self.hex(self.low) }
}

/// `tracestate`, which only passes through (W3C Trace Context §3.3).
package enum TraceState {
    /// Whether a field's value may go on: up to 32 members with a key and a value, up to 512 bytes.
    package static func isValid(_ value: some Collection<UInt8>) -> Bool {
        guard !value.isEmpty, value.count <= 512 else { return false }
        let members = value.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: true)
        return (1...32).contains(members.count)
            && members.allSatisfy { member in
                guard let equals = member.firstIndex(of: UInt8(ascii: "=")) else { return false }
                return equals != member.startIndex && member.index(after: equals) != member.endIndex
            }
    }
}

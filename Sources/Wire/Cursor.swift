// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

package import NIOCore

/// A position in the log, valid for every topic and transport: `<milliseconds>-<sequence>`, as Redis Streams write
/// their ids. Opaque to clients.
package struct Cursor: Sendable, Hashable {
    /// Unix time of the entry as its log saw it.
    package var milliseconds: UInt64
    /// Tells entries of one millisecond apart.
    package var sequence: UInt64

    package init(milliseconds: UInt64, sequence: UInt64) {
        self.milliseconds = milliseconds
        self.sequence = sequence
    }

    /// Before every entry.
    package static let zero = Cursor(milliseconds: 0, sequence: 0)

    /// The smallest cursor after this one. The very last one is its own successor.
    package func next() -> Cursor {
        if sequence < .max { return Cursor(milliseconds: milliseconds, sequence: sequence + 1) }
        return milliseconds < .max ? Cursor(milliseconds: milliseconds + 1, sequence: 0) : self
    }
}

extension Cursor: Comparable {
    package static func < (a: Cursor, b: Cursor) -> Bool {
        a.milliseconds == b.milliseconds ? a.sequence < b.sequence : a.milliseconds < b.milliseconds
    }
}

extension Cursor: LosslessStringConvertible {
    /// Takes the canonical form only: two decimal numbers below 2^64 without sign or superfluous zeros.
    package init?(_ text: some StringProtocol) { self.init(bytes: text.utf8) }

    package init?(_ description: String) { self.init(bytes: description.utf8) }

    package init?(bytes: some Collection<UInt8>) {
        var numbers: (UInt64, UInt64) = (0, 0)
        var digits = 0
        var isSecond = false
        for byte in bytes {
            if byte == UInt8(ascii: "-"), !isSecond, digits > 0 {
                (isSecond, numbers.0, numbers.1, digits) = (true, numbers.1, 0, 0)
                continue
            }
            let digit = byte &- UInt8(ascii: "0")
            guard digit < 10, digits == 0 || numbers.1 > 0 else { return nil }
            let (product, overflow) = numbers.1.multipliedReportingOverflow(by: 10)
            let (sum, carry) = product.addingReportingOverflow(UInt64(digit))
            if overflow || carry { return nil }
            numbers.1 = sum
            digits += 1
        }
        guard isSecond, digits > 0 else { return nil }
        self.init(milliseconds: numbers.0, sequence: numbers.1)
    }

    package var description: String { "\(milliseconds)-\(sequence)" }

    /// Writes the text without making a `String`.
    package func write(into buffer: inout ByteBuffer) {
        buffer.writeDecimal(milliseconds)
        buffer.writeInteger(UInt8(ascii: "-"))
        buffer.writeDecimal(sequence)
    }
}

// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

/// A number in the document, its grammar checked and its value known to be finite.
struct JSONNumberSpan {
    var start: Int
    var end: Int
    /// Neither fraction nor exponent.
    var isInteger: Bool
}

extension JSONLexer {
    /// RFC 8259 §6, and no number that overflows `Double`: readers make different things of `1e999`.
    mutating func number() throws(JSONError) -> JSONNumberSpan {
        let start = position
        if peek == UInt8(ascii: "-") { advance(to: position + 1) }
        let integerDigits: Int
        if peek == UInt8(ascii: "0") {
            advance(to: position + 1)
            integerDigits = 1
            if let next = peek, isDigit(next) { throw failure(.invalidNumber) }
        } else {
            integerDigits = try digits(orThrow: position == start ? nil : .invalidNumber)
        }
        var span = JSONNumberSpan(start: start, end: position, isInteger: true)
        if peek == UInt8(ascii: ".") {
            advance(to: position + 1)
            _ = try digits(orThrow: .invalidNumber)
            span.isInteger = false
        }
        var exponent = 0
        if peek == UInt8(ascii: "e") || peek == UInt8(ascii: "E") {
            exponent = try self.exponent()
            span.isInteger = false
        }
        span.end = position
        // Fewer than 308 digits before the point cannot overflow; only the rest is worth a conversion.
        if integerDigits + exponent > 308, !double(of: span).isFinite {
            throw JSONError(.numberOutOfRange, offset: start)
        }
        return span
    }

    /// Called at `e`. The value saturates, far beyond what any finite number needs.
    private mutating func exponent() throws(JSONError) -> Int {
        advance(to: position + 1)
        let isNegative = peek == UInt8(ascii: "-")
        if isNegative || peek == UInt8(ascii: "+") { advance(to: position + 1) }
        let start = position
        _ = try digits(orThrow: .invalidNumber)
        var value = 0
        for index in start..<position { value = min(value * 10 + Int(bytes[index] - UInt8(ascii: "0")), 1_000_000) }
        return isNegative ? -value : value
    }

    /// At least one digit. Without `code`: where there is none, no value begins here at all.
    private mutating func digits(orThrow code: JSONError.Code?) throws(JSONError) -> Int {
        let start = position
        while let next = peek, isDigit(next) { advance(to: position + 1) }
        guard position > start else { throw code.map(failure) ?? unexpected() }
        return position - start
    }

    private func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") < 10 }

    func value(of span: JSONNumberSpan) -> JSONValue {
        if span.isInteger, let integer = Int64(text(of: span)) { return .integer(integer) }
        return .number(double(of: span))
    }

    /// Infinite where the number overflows. The grammar was checked, so the conversion itself cannot fail.
    private func double(of span: JSONNumberSpan) -> Double { Double(text(of: span)) ?? .infinity }

    private func text(of span: JSONNumberSpan) -> String {
        String(decoding: bytes[span.start..<span.end], as: UTF8.self)
    }
}

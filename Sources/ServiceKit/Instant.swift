// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

package import Foundation

/// Times as the services' JSON bodies write them: RFC 3339.
package enum Instant {
    /// Any offset, up to nine digits of a second's fraction (kept to the millisecond), years 1970 to 9999. Strict where
    /// Foundation is not: a 30th of February is `nil`, not the 2nd of March. Leap seconds are `nil` too.
    package static func parse(_ text: String) -> Date? {
        var scanner = Scanner(text.utf8)
        guard let year = scanner.number(4), scanner.take("-"), let month = scanner.number(2), scanner.take("-"),
            let day = scanner.number(2), scanner.take("T") || scanner.take("t"), let hour = scanner.number(2),
            scanner.take(":"), let minute = scanner.number(2), scanner.take(":"), let second = scanner.number(2),
            let milliseconds = scanner.fraction(), let offset = scanner.offset(), scanner.isAtEnd,
            (1...12).contains(month), (1...Self.days(in: month, of: year)).contains(day),
            hour < 24, minute < 60, second < 60
        else { return nil }
        let time = Self.daysSince1970(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second - offset
        guard (0..<253_402_300_800).contains(time) else { return nil }
        return Date(timeIntervalSince1970: Double(time) + Double(milliseconds) / 1000)
    }

    /// In UTC, with milliseconds.
    package static func text(_ date: Date) -> String {
        self.text(milliseconds: self.milliseconds(date))
    }

    /// From Unix milliseconds, 1970 or later. The fraction is written from the integer: Foundation cuts the `Double` and loses one.
    package static func text(milliseconds: Int64) -> String {
        let (seconds, fraction) = milliseconds.quotientAndRemainder(dividingBy: 1000)
        let whole = Date(timeIntervalSince1970: Double(seconds)).formatted(Self.style)
        return "\(whole.dropLast()).\(String(fraction + 1000).dropFirst())Z"
    }

    package static func milliseconds(_ date: Date) -> Int64 {
        Int64((date.timeIntervalSince1970 * 1000).rounded())
    }

    private static let style = Date.ISO8601FormatStyle()

    private static func days(in month: Int, of year: Int) -> Int {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// The proleptic Gregorian calendar, counted in years that begin in March so that the leap day comes last.
    private static func daysSince1970(_ year: Int, _ month: Int, _ day: Int) -> Int {
        let shifted = month > 2 ? year : year - 1
        let monthsFromMarch = (month + 9) % 12
        let daysBefore = 365 * shifted + shifted / 4 - shifted / 100 + shifted / 400
        return daysBefore + (153 * monthsFromMarch + 2) / 5 + day - 1 - 719_468
    }

    private struct Scanner {
        private var rest: Substring.UTF8View

        init(_ text: String.UTF8View) { self.rest = text[...] }

        var isAtEnd: Bool { self.rest.isEmpty }

        mutating func take(_ character: Unicode.Scalar) -> Bool {
            guard self.rest.first == UInt8(ascii: character) else { return false }
            self.rest.removeFirst()
            return true
        }

        mutating func number(_ digits: Int) -> Int? {
            var value = 0
            for _ in 0..<digits {
                guard let digit = self.digit() else { return nil }
                value = value * 10 + digit
            }
            return value
        }

        /// Milliseconds; 0 without a fraction.
        mutating func fraction() -> Int? {
            guard self.take(".") else { return 0 }
            guard var value = self.digit() else { return nil }
            var digits = 1
            while let digit = self.digit() {
                digits += 1
                guard digits <= 9 else { return nil }
                if digits <= 3 { value = value * 10 + digit }
            }
            return digits == 1 ? value * 100 : digits == 2 ? value * 10 : value
        }

        /// Seconds east of UTC.
        mutating func offset() -> Int? {
            if self.take("Z") || self.take("z") { return 0 }
            let sign = self.take("+") ? 1 : self.take("-") ? -1 : 0
            guard sign != 0, let hours = self.number(2), self.take(":"), let minutes = self.number(2),
                hours < 24, minutes < 60
            else { return nil }
            return sign * (hours * 3600 + minutes * 60)
        }

        private mutating func digit() -> Int? {
            guard let byte = self.rest.first, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
            self.rest.removeFirst()
            return Int(byte - UInt8(ascii: "0"))
        }
    }
}

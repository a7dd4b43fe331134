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

    /// From Unix milliseconds, 1970 to 9999. By hand: lists write hundreds of them, Foundation's formatter takes ten times as long and
    /// loses a millisecond in the `Double`.
    package static func text(milliseconds: Int64) -> String {
        let (days, rest) = Int(milliseconds).quotientAndRemainder(dividingBy: 86_400_000)
        let (year, month, day) = Self.date(daysSince1970: days)
        var text: [UInt8] = []
        text.reserveCapacity(24)
        Self.write(year, 4, "-", into: &text)
        Self.write(month, 2, "-", into: &text)
        Self.write(day, 2, "T", into: &text)
        Self.write(rest / 3_600_000, 2, ":", into: &text)
        Self.write(rest / 60_000 % 60, 2, ":", into: &text)
        Self.write(rest / 1000 % 60, 2, ".", into: &text)
        Self.write(rest % 1000, 3, "Z", into: &text)
        return String(decoding: text, as: UTF8.self)
    }

    package static func milliseconds(_ date: Date) -> Int64 {
        Int64((date.timeIntervalSince1970 * 1000).rounded())
    }

    private static func write(_ number: Int, _ digits: Int, _ end: Unicode.Scalar, into text: inout [UInt8]) {
        var divisor = [1, 10, 100, 1000][digits - 1]
        while divisor > 0 {
            text.append(UInt8(ascii: "0") + UInt8(number / divisor % 10))
            divisor /= 10
        }
        text.append(UInt8(ascii: end))
    }

    /// The inverse of `daysSince1970`: years begin in March, and every 400 of them have the same days.
    private static func date(daysSince1970 days: Int) -> (year: Int, month: Int, day: Int) {
        let (era, dayOfEra) = (days + 719_468).quotientAndRemainder(dividingBy: 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
    }

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

// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation

/// Times of log lines, written without a formatter object: a line is a hot path too.
struct LogTimestamp {
    let seconds: Int64
    let milliseconds: Int64

    init(seconds: Int64, milliseconds: Int64) {
        self.seconds = seconds
        self.milliseconds = milliseconds
    }

    static func now() -> LogTimestamp {
        let time = Date().timeIntervalSince1970
        let milliseconds = Int64((time * 1000).rounded(.down))
        return LogTimestamp(seconds: milliseconds / 1000, milliseconds: milliseconds % 1000)
    }

    /// `2026-11-24T18:50:53.042Z` (RFC 3339).
    func write(into line: inout [UInt8]) {
        let (year, month, day) = Self.civil(fromDays: Int(seconds / 86_400))
        Self.digits(year, 4, into: &line)
        line.append(UInt8(ascii: "-"))
        Self.digits(month, 2, into: &line)
        line.append(UInt8(ascii: "-"))
        Self.digits(day, 2, into: &line)
        line.append(UInt8(ascii: "T"))
        writeClock(into: &line)
        line.append(UInt8(ascii: "Z"))
    }

    /// `18:50:53.042`, in UTC.
    func writeClock(into line: inout [UInt8]) {
        let rest = Int(seconds % 86_400)
        Self.digits(rest / 3600, 2, into: &line)
        line.append(UInt8(ascii: ":"))
        Self.digits(rest / 60 % 60, 2, into: &line)
        line.append(UInt8(ascii: ":"))
        Self.digits(rest % 60, 2, into: &line)
        line.append(UInt8(ascii: "."))
        Self.digits(Int(milliseconds), 3, into: &line)
    }

    private static func digits(_ value: Int, _ width: Int, into line: inout [UInt8]) {
        var divisor = 1
        for _ in 1..<width { divisor *= 10 }
        while divisor > 0 {
            line.append(UInt8(ascii: "0") + UInt8(value / divisor % 10))
            divisor /= 10
        }
    }

    /// The proleptic Gregorian date of a day counted from 1970-01-01. Counts in years that begin in March, so that the
    /// leap day comes last; 146,097 days are 400 years.
    private static func civil(fromDays days: Int) -> (year: Int, month: Int, day: Int) {
        let shifted = days + 719_468
        let era = shifted / 146_097
        let dayOfEra = shifted % 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
    }
}

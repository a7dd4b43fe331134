// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

/// Quantities carry their unit in the file, so that nobody has to know whether a bare 30 is seconds.
extension SettingsNode {
    /// `250ms`, `30s`, `5m`, `1h`, `14d`; a bare `0` needs no unit.
    package func duration(
        in range: ClosedRange<Duration> = .zero ... .seconds(365 * 86_400)
    ) throws(SettingsError) -> Duration {
        try duration(parsing: scalarText("a duration", advice: Self.durationAdvice), in: range)
    }

    /// The same for a part of this node's text.
    package func duration(parsing text: String, in range: ClosedRange<Duration>) throws(SettingsError) -> Duration {
        let advice = Self.durationAdvice
        if text == "0", range.contains(.zero) { return .zero }
        guard let (number, unit) = Self.quantity(text), let milliseconds = Self.millisecondsPerUnit[unit] else {
            throw error("\(text) is not a duration", advice: advice)
        }
        let (total, overflow) = number.multipliedReportingOverflow(by: milliseconds)
        if overflow { throw error("\(text) is too long", advice: advice) }
        let duration = Duration.milliseconds(total)
        if range.contains(duration) { return duration }
        throw error("\(text) is out of range", advice: "between \(range.lowerBound) and \(range.upperBound)")
    }

    /// `1024`, `512B`, `64KiB`, `1MiB`, `2GiB`: powers of 1024 only, since KB means two things.
    package func bytes(in range: ClosedRange<Int> = 0 ... .max) throws(SettingsError) -> Int {
        let advice = "a number of bytes, or one with its unit, such as 64KiB or 1MiB"
        let text = try scalarText("a size", advice: advice)
        let bytes: Int
        if let plain = Self.decimal(text), plain >= 0 {
            bytes = plain
        } else if let (number, unit) = Self.quantity(text), let factor = Self.bytesPerUnit[unit] {
            let (total, overflow) = number.multipliedReportingOverflow(by: factor)
            if overflow { throw error("\(text) is too large", advice: advice) }
            bytes = total
        } else {
            throw error("\(text) is not a size", advice: advice)
        }
        guard range.contains(bytes) else {
            throw error("\(text) is out of range", advice: "\(range.lowerBound) to \(range.upperBound) bytes")
        }
        return bytes
    }

    private func scalarText(_ what: String, advice: String) throws(SettingsError) -> String {
        guard case .scalar(let text, _) = content else {
            throw error("expected \(what), found \(kind)", advice: advice)
        }
        return text
    }

    /// Splits `64KiB` into 64 and `KiB`.
    private static func quantity(_ text: String) -> (Int, String)? {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        guard let number = decimal(digits) else { return nil }
        return (number, text.dropFirst(digits.count).trimmingPrefix(" ").description)
    }

    private static let durationAdvice = "a number and its unit, such as 250ms, 30s, 5m, 1h or 14d"
    private static let millisecondsPerUnit = ["ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000]
    private static let bytesPerUnit = ["B": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30]
}

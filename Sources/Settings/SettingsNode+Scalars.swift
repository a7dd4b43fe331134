// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

/// Scalars by their use. Text may be quoted or not; numbers and booleans only count unquoted.
extension SettingsNode {
    /// Any scalar's text. May be empty where it is quoted or comes from a variable.
    package func string() throws(SettingsError) -> String {
        guard case .scalar(let text, _) = content else {
            throw error("expected text, found \(kind)", advice: "\"text\"")
        }
        return text
    }

    package func nonEmptyString(advice: String? = nil) throws(SettingsError) -> String {
        let text = try string()
        if text.isEmpty { throw error("empty", advice: advice) }
        return text
    }

    package func strings() throws(SettingsError) -> [String] {
        var strings: [String] = []
        for element in try list() { strings.append(try element.nonEmptyString()) }
        return strings
    }

    /// Text that must not be printed.
    package func secret() throws(SettingsError) -> Secret { Secret(try string()) }

    package func bool() throws(SettingsError) -> Bool {
        switch content {
        case .scalar("true", isPlain: true): return true
        case .scalar("false", isPlain: true): return false
        default: throw error("expected true or false, found \(kind)", advice: "true or false, without quotes")
        }
    }

    package func int(in range: ClosedRange<Int> = .min ... .max) throws(SettingsError) -> Int {
        guard case .scalar(let text, isPlain: true) = content, let number = Self.decimal(text) else {
            throw error("expected a whole number, found \(kind)", advice: "digits only, without quotes")
        }
        guard range.contains(number) else {
            throw error(
                "\(number) is out of range",
                advice: "a number from \(range.lowerBound) to \(range.upperBound)"
            )
        }
        return number
    }

    package func choice<T: RawRepresentable & CaseIterable>(_: T.Type) throws(SettingsError) -> T
    where T.RawValue == String {
        let allowed = T.allCases.map(\.rawValue).joined(separator: ", ")
        guard case .scalar(let text, _) = content else {
            throw error("expected a word, found \(kind)", advice: "one of \(allowed)")
        }
        guard let value = T(rawValue: text) else { throw error("unknown value \(text)", advice: "one of \(allowed)") }
        return value
    }

    package func listenAddress() throws(SettingsError) -> ListenAddress {
        let text = try string()
        do {
            return try ListenAddress(parsing: text)
        } catch {
            throw self.error("\(error)", advice: #""127.0.0.1:8443", "[::1]:8443" or "localhost:8443""#)
        }
    }

    /// Without leading zeros, which other readers of YAML take for octal.
    static func decimal(_ text: some StringProtocol) -> Int? {
        let digits = text.hasPrefix("-") ? text.dropFirst() : text[...]
        guard let first = digits.utf8.first, digits.utf8.allSatisfy((UInt8(ascii: "0")...UInt8(ascii: "9")).contains),
            first != UInt8(ascii: "0") || digits.utf8.count == 1
        else { return nil }
        return Int(text)
    }
}

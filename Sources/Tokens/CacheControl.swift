// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

/// What we need of RFC 9111 §5.2.2.
enum CacheControl {
    /// The freshness a response states: zero for `no-store`, `no-cache` or a contradiction, `nil` if it says nothing.
    static func maxAge(_ fields: [String]) -> Duration? {
        var age: Int64?
        for directive in fields.joined(separator: ",").split(separator: ",") {
            let parts = directive.split(separator: "=", maxSplits: 1)
            guard let name = parts.first.map({ Self.trimmed($0).lowercased() }) else { continue }
            switch name {
            case "no-store", "no-cache": return .zero
            case "max-age":
                guard age == nil, parts.count == 2, let seconds = Self.seconds(parts[1]) else { return .zero }
                age = seconds
            default: continue
            }
        }
        return age.map { .seconds($0) }
    }

    /// Digits, perhaps quoted; absurd numbers are cut to 2^31 as RFC 9111 §1.2.2 advises.
    private static func seconds(_ text: Substring) -> Int64? {
        var digits = Self.trimmed(text)
        if digits.count >= 2, digits.first == "\"", digits.last == "\"" { digits = digits.dropFirst().dropLast() }
        guard !digits.isEmpty, digits.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else {
            return nil
        }
        return min(Int64(digits) ?? 1 << 31, 1 << 31)
    }

    private static func trimmed(_ text: Substring) -> Substring {
        var text = text
        while let first = text.first, first == " " || first == "\t" { text.removeFirst() }
        while let last = text.last, last == " " || last == "\t" { text.removeLast() }
        return text
    }
}

// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

package import HTTPTypes

/// The id under which one request is found in every log.
package enum RequestIdentifier {
    package static let field = HTTPField.Name("x-request-id")!

    /// The caller's id when there is exactly one of 1 to 64 letters, digits, `-`, `_` and `.`; else a fresh one.
    package static func accepted(_ values: [String]) -> String {
        guard values.count == 1, let value = values.first, Self.isWellFormed(value) else { return Self.fresh() }
        return value
    }

    static func isWellFormed(_ value: String) -> Bool {
        (1...64).contains(value.utf8.count)
            && value.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
                    true
                default:
                    false
                }
            }
    }

    private static func fresh() -> String {
        let bits = UInt64.random(in: .min ... .max)
        let text = String(bits, radix: 16)
        return String(repeating: "0", count: 16 - text.count) + text
    }
}

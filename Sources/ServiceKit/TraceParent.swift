// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

package import HTTPTypes

/// `traceparent` as the gateway sends it (W3C Trace Context §3.2): passed on with events, its trace id in every log line.
package enum TraceParent {
    package static let field = HTTPField.Name("traceparent")!

    /// The field's value when there is exactly one, of version 00 and well-formed to the letter.
    package static func accepted(_ values: [String]) -> String? {
        guard values.count == 1, let value = values.first, Self.isWellFormed(Array(value.utf8)) else { return nil }
        return value
    }

    /// The 32 digits between the first two dashes.
    package static func traceID(_ value: String) -> Substring { value.dropFirst(3).prefix(32) }

    private static func isWellFormed(_ bytes: [UInt8]) -> Bool {
        let dash = UInt8(ascii: "-")
        guard bytes.count == 55, bytes[2] == dash, bytes[35] == dash, bytes[52] == dash, bytes[0..<2] == [0x30, 0x30]
        else { return false }
        let isHex = bytes.indices.allSatisfy { index in
            [2, 35, 52].contains(index) || (0x30...0x39).contains(bytes[index]) || (0x61...0x66).contains(bytes[index])
        }
        return isHex && bytes[3..<35].contains { $0 != 0x30 } && bytes[36..<52].contains { $0 != 0x30 }
    }
}

// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

package import Settings

/// One word of a command. Always sent as a bulk string, so any byte may stand in it.
package enum RedisArgument: Sendable, Hashable {
    case string(String)
    case bytes([UInt8])
    case integer(Int64)

    package init(_ value: String) { self = .string(value) }
    package init(_ value: some StringProtocol) { self = .string(String(value)) }
    package init(_ value: [UInt8]) { self = .bytes(value) }
    package init(_ value: ArraySlice<UInt8>) { self = .bytes(Array(value)) }
    package init(_ value: some BinaryInteger) { self = .integer(Int64(clamping: value)) }
    package init(_ value: Secret) { self = .bytes(value.bytes) }
}

extension RedisArgument: ExpressibleByStringInterpolation, ExpressibleByIntegerLiteral {
    package init(stringLiteral value: String) { self = .string(value) }
    package init(integerLiteral value: Int64) { self = .integer(value) }
}

// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

/// A reply in RESP2. Arrays nest at most 7 deep (the bound of hiredis 0.14).
package enum RESPValue: Sendable, Hashable {
    case simple(String)
    case error(String)
    case integer(Int64)
    case bulk([UInt8])
    case array([RESPValue])
    case null

    /// A simple or bulk string as text; bytes that are not UTF-8 give nil, never replacement characters.
    package var string: String? {
        switch self {
        case .simple(let text): text
        case .bulk(let bytes): String(validating: bytes, as: UTF8.self)
        case .error, .integer, .array, .null: nil
        }
    }

    package var bytes: [UInt8]? {
        switch self {
        case .simple(let text): Array(text.utf8)
        case .bulk(let bytes): bytes
        case .error, .integer, .array, .null: nil
        }
    }

    /// An integer reply, or a string that is one in decimal.
    package var integer: Int64? {
        switch self {
        case .integer(let value): value
        case .simple, .bulk: string.flatMap { Int64($0) }
        case .error, .array, .null: nil
        }
    }

    package var array: [RESPValue]? {
        if case .array(let values) = self { values } else { nil }
    }

    package var isNull: Bool { self == .null }

    package var error: String? {
        if case .error(let text) = self { text } else { nil }
    }

    /// The value after `name` in a flat list of names and values, as RESP2 writes maps (`HGETALL`, `XINFO`).
    package subscript(_ name: String) -> RESPValue? {
        guard case .array(let values) = self else { return nil }
        var index = values.startIndex
        while index + 1 < values.endIndex {
            if values[index].string == name { return values[index + 1] }
            index += 2
        }
        return nil
    }
}

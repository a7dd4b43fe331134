// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

/// Why a message is not taken.
package enum MessagePackError: Error, Sendable, Hashable {
    /// It ends within a value, or a length says more than there is.
    case truncated
    /// Bytes follow the value.
    case trailing
    /// 0xC1, which is no type.
    case unknownType
    /// Nested deeper than the limit.
    case tooDeep
    /// The JSON would be larger than the limit.
    case tooBig
    /// A string that is no UTF-8.
    case notUTF8
    /// An extension type: JSON has nothing for it.
    case extensionType(Int8)
    /// NaN or an infinity.
    case notFinite
    /// A key of a map that is neither a string nor an integer.
    case badKey
}

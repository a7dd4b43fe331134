// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

/// Why bytes are not one acceptable JSON value, and where. Carries no byte of the document, so it may be logged.
package struct JSONError: Error, Sendable, Hashable, CustomStringConvertible {
    package enum Code: String, Sendable {
        /// The document stops in the middle of a value, or holds none.
        case endOfInput = "the document ends too early"
        case unexpectedByte = "unexpected byte"
        case invalidUTF8 = "not UTF-8"
        /// A byte below 0x20 inside a string (RFC 8259 §7).
        case controlCharacter = "control character in a string"
        case invalidEscape = "invalid escape"
        /// Half of a surrogate pair: such a string has no UTF-8 form.
        case loneSurrogate = "lone surrogate"
        case invalidNumber = "invalid number"
        /// Larger than any finite `Double`.
        case numberOutOfRange = "number out of range"
        /// Readers disagree on which of the two counts (RFC 8259 §4), so neither does.
        case duplicateMember = "duplicate member"
        case tooDeep = "nested too deeply"
        case tooManyMembers = "too many members"
        case trailingBytes = "bytes after the value"
        case notAnObject = "not an object"
        case notAnArray = "not an array"
    }

    package let code: Code
    /// Bytes from the start of the document to the first one that is refused.
    package let offset: Int

    package init(_ code: Code, offset: Int) {
        self.code = code
        self.offset = offset
    }

    package var description: String { "\(code.rawValue) at byte \(offset)" }
}

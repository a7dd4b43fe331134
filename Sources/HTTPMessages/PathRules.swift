// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

/// The paths we pass on: those that no two servers read differently (proxy.md §4).
package enum PathRules {
    /// Exceptions a route may make.
    package struct Exceptions: OptionSet, Sendable, Hashable {
        package let rawValue: UInt8
        package init(rawValue: UInt8) { self.rawValue = rawValue }

        /// `%2F` within a segment.
        package static let encodedSlash = Exceptions(rawValue: 1)
        /// `;`, plain or encoded.
        package static let parameters = Exceptions(rawValue: 2)
    }

    /// Refuses dot segments (also encoded), empty segments, `;`, NUL, backslashes, encoded slashes and malformed
    /// escapes. `path` is that of a head that passed ``RequestRules``: it starts with a slash, or is `*`.
    package static func check(_ path: ArraySlice<UInt8>, allowing exceptions: Exceptions = []) throws(MessageError) {
        guard path.first == UInt8(ascii: "/") else {
            if path.elementsEqual([UInt8(ascii: "*")]) { return }
            throw MessageError(.pathRefused, "path does not start with a slash")
        }
        var isEmpty = true
        var piece = Piece()
        var index = path.startIndex + 1
        while index < path.endIndex {
            if path[index] == UInt8(ascii: "/") {
                guard !isEmpty else { throw MessageError(.pathRefused, "empty segment") }
                try piece.checkNotDots()
                piece = Piece()
                isEmpty = true
                index += 1
                continue
            }
            let (byte, length) = try Self.octet(path[index...])
            index += length
            isEmpty = false
            try Self.check(byte, allowing: exceptions)
            switch byte {
            case UInt8(ascii: "/"):
                try piece.checkNotDots()
                piece = Piece()
            case UInt8(ascii: ";"):
                // Some servers cut the segment here: "..;x" is a dot segment to them.
                try piece.checkNotDots()
                piece.isParameter = true
            default:
                piece.take(byte)
            }
        }
        try piece.checkNotDots()
    }

    /// The first byte of the text, an escape decoded, and how many bytes it was written in.
    private static func octet(_ text: ArraySlice<UInt8>) throws(MessageError) -> (byte: UInt8, length: Int) {
        let start = text.startIndex
        guard text[start] == UInt8(ascii: "%") else { return (text[start], 1) }
        guard text.count > 2, let high = text[start + 1].hexDigit, let low = text[start + 2].hexDigit else {
            throw MessageError(.pathRefused, "malformed escape")
        }
        return (high << 4 | low, 3)
    }

    private static func check(_ byte: UInt8, allowing exceptions: Exceptions) throws(MessageError) {
        switch byte {
        case 0:
            throw MessageError(.pathRefused, "NUL in the path")
        case UInt8(ascii: "\\"):
            throw MessageError(.pathRefused, "backslash in the path")
        case UInt8(ascii: "/") where !exceptions.contains(.encodedSlash):
            throw MessageError(.pathRefused, "encoded slash in the path")
        case UInt8(ascii: ";") where !exceptions.contains(.parameters):
            throw MessageError(.pathRefused, "semicolon in the path")
        default:
            break
        }
    }

    /// The form paths are compared in: escapes of unreserved bytes decoded, the digits of all others in upper case
    /// (RFC 3986 §6.2.2). The path itself, uncopied, if it holds no escape. It must have passed `check`; upstreams get
    /// the client's own bytes.
    package static func matchingForm(of path: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        guard path.contains(UInt8(ascii: "%")) else { return path }
        var output: [UInt8] = []
        output.reserveCapacity(path.count)
        var index = path.startIndex
        while index < path.endIndex {
            guard path[index] == UInt8(ascii: "%"), index + 2 < path.endIndex, let high = path[index + 1].hexDigit,
                let low = path[index + 2].hexDigit
            else {
                output.append(path[index])
                index += 1
                continue
            }
            let byte = high << 4 | low
            if byte.isUnreserved {
                output.append(byte)
            } else {
                output.append(UInt8(ascii: "%"))
                output.append(high.upperHexDigit)
                output.append(low.upperHexDigit)
            }
            index += 3
        }
        return output[...]
    }

    /// What is remembered of a segment, or of its part between encoded slashes: its length and whether it is all dots.
    private struct Piece {
        private var length = 0
        private var isAllDots = true
        var isParameter = false

        mutating func take(_ byte: UInt8) {
            self.length += 1
            if byte != UInt8(ascii: ".") { self.isAllDots = false }
        }

        func checkNotDots() throws(MessageError) {
            guard !self.isParameter, self.isAllDots, self.length == 1 || self.length == 2 else { return }
            throw MessageError(.pathRefused, "dot segment")
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

/// The members of a comma-separated list (RFC 9110 §5.6.1), blanks trimmed, empty members left out, case as sent.
/// Quoted strings are not understood: meant for fields whose members are tokens.
package struct TokenList: Sequence, IteratorProtocol {
    private var rest: ArraySlice<UInt8>

    package init(_ value: ArraySlice<UInt8>) { self.rest = value }

    package mutating func next() -> ArraySlice<UInt8>? {
        while !self.rest.isEmpty {
            let end = self.rest.firstIndex(of: UInt8(ascii: ",")) ?? self.rest.endIndex
            let member = self.rest[..<end].trimmingBlanks()
            self.rest = end == self.rest.endIndex ? [] : self.rest[(end + 1)...]
            if !member.isEmpty { return member }
        }
        return nil
    }
}

extension ArraySlice<UInt8> {
    /// Without blanks (space, tab) at both ends.
    func trimmingBlanks() -> ArraySlice<UInt8> {
        var slice = self
        while let first = slice.first, first.isBlank { slice.removeFirst() }
        while let last = slice.last, last.isBlank { slice.removeLast() }
        return slice
    }
}

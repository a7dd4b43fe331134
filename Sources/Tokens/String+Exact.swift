// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

extension String {
    /// Byte for byte. Swift's `==` also takes canonically equivalent texts, which no rule about tokens does.
    func isExactly(_ other: String) -> Bool { self.utf8.elementsEqual(other.utf8) }
}

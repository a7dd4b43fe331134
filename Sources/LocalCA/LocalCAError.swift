// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

/// Why there is no certificate, and what to do about it.
package struct LocalCAError: Error, Sendable, Hashable, CustomStringConvertible {
    /// Without a final stop; names the file.
    package let message: String
    /// A whole sentence.
    package let advice: String

    package var description: String { "\(message). \(advice)" }
}

// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

/// Why events were missed (live.md §2).
package enum GapReason: String, Sendable, CaseIterable {
    /// The cursor is older than what is kept.
    case trimmed
    /// This is no longer the log that the cursor came from.
    case reset
    /// The connection was so slow that the ring overtook it.
    case lag
    /// An entry was no JSON, or too large.
    case unreadable
}

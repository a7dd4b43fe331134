// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

/// What a new server behind the log's name means (live.md §3, the mark).
package enum FailoverRule: String, Sendable, CaseIterable {
    /// Entries that the old one acknowledged may be gone, and counting cannot tell: every cursor from before is `reset`.
    case reset
    /// The new one is believed to have them all. Only a log that is visibly another one is `reset`.
    case trust
}

// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

/// What a log accepts and keeps. Defaults are live.md's.
package struct LogLimits: Sendable, Hashable {
    /// Bytes of one event's data: beyond it `tooBig` when appended here, `unreadable` when read. Default 64 KiB.
    package var dataBytes = 64 << 10
    /// Nesting of one event's data, default 64.
    package var depth = 64
    /// Events of one append, default 1,024.
    package var batchEvents = 1024
    /// Data of one append in bytes, default 8 MiB.
    package var batchBytes = 8 << 20
    /// How long entries are kept, counted back from the newest id. Default 1 h.
    package var retention: Duration = .seconds(3600)
    /// The embedded log's memory, and the tail a reader is given at boot. Default 64 MB.
    package var retainedBytes = 64_000_000
    /// The Redis log's length, approximately. Default 500,000.
    package var retainedEntries = 500_000
    /// How long a `key` is remembered. Default 10 min.
    package var keyLifetime: Duration = .seconds(600)
    /// How many keys are remembered. Default 65,536.
    package var keys = 65_536

    package init() {}
}

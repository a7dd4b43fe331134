// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

/// The rhythm of a Redis log's reader. Defaults are live.md's; tests make it quick.
package struct LogTiming: Sendable, Hashable {
    /// How long one XREAD waits for news, default 2 s.
    package var block: Duration = .seconds(2)
    /// Beyond `block`: nothing at all for `block + patience` means the connection is dead. Default 3 s.
    package var patience: Duration = .seconds(3)
    /// How often the entries are counted, default 5 s.
    package var check: Duration = .seconds(5)
    /// How often an own entry and an own message are sent round, default 5 s.
    package var probe: Duration = .seconds(5)
    /// How often this node trims the stream, default 1 min.
    package var trim: Duration = .seconds(60)

    package init() {}
}

// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Settings

/// The durations of live.md §8. Each is at least one second where zero has no meaning of its own.
package struct LiveTimes: Sendable {
    /// A WebSocket that got no frame with an `id` for this long gets `ping`. Never zero.
    package var ping: Duration = .seconds(25)
    /// The same for server-sent events. Never zero.
    package var streamPing: Duration = .seconds(15)
    /// A WebSocket that answers nothing to a ping for this long is dead; zero: never.
    package var pong: Duration = .seconds(10)
    /// How long we wait for the peer's half of a close.
    package var close: Duration = .seconds(5)
    /// How long a cursor from the future waits for this node to catch up before the log is asked.
    package var resumeWait: Duration = .seconds(2)
    /// A socket that owes bytes and takes none for this long is closed with 4103; zero: never.
    package var noProgress: Duration = .seconds(30)
    /// Over how long `gap` is spread after a loss that concerns everybody.
    package var gapSpread: Duration = .seconds(5)
    /// ± 20 %; then 4202. Zero: never.
    package var maxAge: Duration = .seconds(4 * 3600)
    /// How long a long-poll waits before it answers 204. Never zero.
    package var poll: Duration = .seconds(25)
    /// Between two looks at the sessions that own connections. Never zero.
    package var sweep: Duration = .seconds(30)

    package init() {}

    init(node: SettingsNode?) throws(SettingsError) {
        guard let node else { return }
        var map = try node.map()
        try map.duration("ping", into: &ping, least: .seconds(1))
        try map.duration("streamPing", into: &streamPing, least: .seconds(1))
        try map.duration("pong", into: &pong, least: .zero)
        try map.duration("close", into: &close, least: .seconds(1))
        try map.duration("resumeWait", into: &resumeWait, least: .seconds(1))
        try map.duration("noProgress", into: &noProgress, least: .zero)
        try map.duration("gapSpread", into: &gapSpread, least: .zero)
        try map.duration("maxAge", into: &maxAge, least: .zero)
        try map.duration("poll", into: &poll, least: .seconds(1))
        try map.duration("sweep", into: &sweep, least: .seconds(1))
        try map.finish()
    }
}

extension SettingsMap {
    fileprivate mutating func duration(
        _ key: String,
        into value: inout Duration,
        least: Duration
    ) throws(SettingsError) {
        guard let node = take(key) else { return }
        value = try node.duration()
        guard value >= least, value <= .seconds(7 * 24 * 3600) else {
            throw node.error("must be between \(least) and seven days", advice: "\(key): 30s")
        }
    }
}

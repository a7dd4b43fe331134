// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

package import Foundation
package import NIOCore
internal import Synchronization

/// Time that a test moves by hand. Wall clock and monotonic clock advance together; the wall clock alone can be set, as
/// an administrator or NTP would.
package final class ManualClock: Sendable {
    private struct State {
        var wall: Date
        var monotonic: NIODeadline
    }

    private let state: Mutex<State>

    /// The default is a whole second in 2025, far from every round number.
    package init(
        now: Date = Date(timeIntervalSince1970: 1_767_000_123),
        monotonic: NIODeadline = .uptimeNanoseconds(1_000_000_000_000)
    ) {
        state = Mutex(State(wall: now, monotonic: monotonic))
    }

    package var now: Date { state.withLock { $0.wall } }

    /// `now` in whole Unix seconds.
    package var unixNow: Int64 { Int64(now.timeIntervalSince1970.rounded(.down)) }

    /// `now` in milliseconds since 1970.
    package var unixMilliseconds: UInt64 { UInt64((now.timeIntervalSince1970 * 1000).rounded()) }

    package var deadline: NIODeadline { state.withLock { $0.monotonic } }

    package func advance(by duration: Duration) {
        let (seconds, attoseconds) = duration.components
        let nanoseconds = seconds * 1_000_000_000 + attoseconds / 1_000_000_000
        state.withLock {
            $0.wall += TimeInterval(seconds) + TimeInterval(attoseconds) / 1e18
            $0.monotonic = $0.monotonic + .nanoseconds(nanoseconds)
        }
    }

    /// Moves the wall clock only, backwards too.
    package func setWall(_ date: Date) { state.withLock { $0.wall = date } }
}

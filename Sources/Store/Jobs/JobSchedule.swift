// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

/// When a recurring job is due. Pure; all times are Unix milliseconds in UTC.
package enum JobSchedule: Sendable, Hashable {
    /// On a grid of this width, so that a late run does not shift the later ones. At least a second.
    case every(Duration)
    /// Once a day at this UTC time.
    case daily(hour: Int, minute: Int)

    private static let day: Int64 = 86_400_000

    /// The first time after `now`.
    package func next(after now: Int64) -> Int64 {
        switch self {
        case .every(let duration):
            let width = max(1000, duration.components.seconds * 1000)
            return (now / width + 1) * width
        case .daily(let hour, let minute):
            let offset = Int64(hour * 60 + minute) * 60_000
            let today = now / Self.day * Self.day + offset
            return today > now ? today : today + Self.day
        }
    }
}

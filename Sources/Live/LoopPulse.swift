// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import NIOCore
internal import Synchronization

/// When a loop last ticked, for whoever asks from another thread: a loop that is stuck serves nobody, and cannot say so.
final class LoopPulse: Sendable {
    /// 0: has not begun, or has stopped.
    private let beatAt = Atomic<UInt64>(0)

    /// On the loop.
    func beat(now: NIODeadline) { beatAt.store(now.uptimeNanoseconds, ordering: .relaxed) }

    func stop() { beatAt.store(0, ordering: .relaxed) }

    func silence(now: NIODeadline) -> TimeAmount? {
        let beat = beatAt.load(ordering: .relaxed)
        guard beat > 0 else { return nil }
        return .nanoseconds(now.uptimeNanoseconds > beat ? Int64(now.uptimeNanoseconds - beat) : 0)
    }
}

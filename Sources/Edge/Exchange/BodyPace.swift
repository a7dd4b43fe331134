// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import NIOCore

/// Whether a request's body comes at a pace that is worth a connection (proxy.md §10). Pure: `now` is an argument.
///
/// Only time in which we were ready for more counts: a slow upstream is not the client's fault. Asked once a tick, so a byte
/// costs nothing.
struct BodyPace {
    private var waited = TimeAmount.zero
    private var last: NIODeadline

    init(now: NIODeadline) { self.last = now }

    /// - Parameters:
    ///   - received: bytes of the body so far.
    ///   - isWaiting: whether more could be taken since the last call.
    mutating func isTooSlow(received: Int, isWaiting: Bool, now: NIODeadline, limits: EdgeLimits) -> Bool {
        if isWaiting { self.waited = self.waited + (now - self.last) }
        self.last = now
        guard limits.bodyRate > 0, self.waited >= TimeAmount(limits.bodyGrace) else { return false }
        return Double(received) < Double(limits.bodyRate) * Double(self.waited.nanoseconds) / 1_000_000_000
    }
}

// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Logging
internal import Metrics
internal import NIOCore

/// The node's budget of bytes that sockets owe. Weighed once a second rather than counted at each write, so that delivery
/// pays nothing for it.
extension HubShard {
    func weigh() {
        var owed = 0
        for subscriber in subscribers { owed += subscriber.output.unflushedBytes }
        let isTight = core.inFlight.report(owed - reportedBytes)
        reportedBytes = owed
        core.metrics.inFlight.record(core.inFlight.bytes)
        guard isTight != self.isTight else { return }
        self.isTight = isTight
        core.logger.warning(
            isTight ? "live sockets owe too much; slow ones read earlier" : "live sockets owe little again",
            metadata: ["bytes": "\(core.inFlight.bytes)", "connections": "\(subscribers.count)"]
        )
        for subscriber in subscribers { subscriber.output.limitInFlight(to: inFlightBytes) }
    }

    /// What one connection may owe now, before it is demoted to reading; 0: anything.
    var inFlightBytes: Int {
        let usual = core.settings.limits.inFlight
        guard isTight else { return usual }
        return usual > 0 ? min(usual, InFlightBudget.tightBytes) : InFlightBudget.tightBytes
    }
}

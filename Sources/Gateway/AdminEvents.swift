// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

package import EventLog
internal import Wire

/// What the admin listener does with events: append, send on, watch.
package struct AdminEvents: Sendable {
    package var log: any EventLog
    package var lane: any EphemeralLane
    /// Bound of one event's `data` in bytes (`live.limits.event`).
    package var maxData: Int

    package init(log: any EventLog, lane: any EphemeralLane, maxData: Int) {
        self.log = log
        self.lane = lane
        self.maxData = maxData
    }

    /// Appends durable items in order, all or none, then sends the ephemeral ones; answers by the items' order.
    func publish(_ request: PublishRequest) async throws(AdminProblem) -> [Appended?] {
        let durable = request.items.filter { !$0.isEphemeral }.map(\.event)
        do throws(EventLogError) {
            var ids = durable.isEmpty ? [] : try await log.append(durable)[...]
            var answers: [Appended?] = []
            for item in request.items {
                if item.isEphemeral {
                    try await lane.publish(item.event.topic, data: item.event.data)
                    answers.append(nil)
                } else {
                    answers.append(ids.popFirst())
                }
            }
            return answers
        } catch {
            throw Self.problem(error)
        }
    }

    static func problem(_ error: EventLogError) -> AdminProblem {
        switch error.code {
        case .unavailable:
            .unavailable(
                "log-unavailable",
                "The event log cannot be reached just now; publish again with the same key."
            )
        case .tooBig: .tooLarge(error.detail)
        case .invalid: .badRequest(error.detail)
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Store

/// What a handler's error says about the event it was given.
struct DeliveryFailure {
    let reason: String
    /// False when the consumer's own store failed: every event would have, so none is given up for it.
    let isTheEvents: Bool

    init(_ error: any Error) {
        self.reason = String("\(error)".prefix(500))
        self.isTheEvents = !(error is StoreError)
    }
}

extension DomainEvent {
    /// Events with the same one are handled in their order.
    var orderKey: String? { subject.map { "\(source) \($0)" } }
}

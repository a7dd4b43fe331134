// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import NIOCore

/// An exchange's place in an upstream's line.
final class BreakerTicket: Sendable {
    private let exchange: NIOLoopBound<UpstreamExchange>

    init(_ exchange: UpstreamExchange, on loop: any EventLoop) {
        self.exchange = NIOLoopBound(exchange, eventLoop: loop)
    }

    /// From any thread: the place is the exchange's now.
    func call() {
        self.exchange.eventLoop.execute { self.exchange.value.called() }
    }
}

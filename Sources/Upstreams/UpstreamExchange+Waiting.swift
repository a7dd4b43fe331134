// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Metrics
package import NIOCore

/// Until there is a connection: a place in flight, an endpoint, an address, a pause before the second try.
extension UpstreamExchange: NIOScheduledCallbackHandler {
    /// What a scheduled callback is for; an exchange waits for one thing at a time.
    enum Pause { case none, place, addresses(until: NIODeadline), retry }

    /// Between two looks for the first address of a name.
    private static let addressDelay = TimeAmount.milliseconds(20)

    func start() {
        defer { self.isStarting = false }
        switch self.upstream.enter(orWait: { self.makeTicket() }) {
        case .admitted:
            self.enter()
        case .waiting:
            self.pause = .place
            self.schedule(in: self.upstream.settings.waitTimeout)
        case .refused:
            let settings = self.upstream.settings
            let detail = "\(settings.capacity) exchanges in flight, \(settings.maxWaiting) in line"
            self.fail(UpstreamError(.overloaded, detail), isEndpointsFault: false)
        }
    }

    private func makeTicket() -> BreakerTicket {
        let ticket = BreakerTicket(self, on: self.pool.loop)
        self.ticket = ticket
        return ticket
    }

    /// A place in flight has become ours. Whoever gave up in the meantime passes it on.
    func called() {
        guard self.ticket != nil else { return self.upstream.leave() }
        self.ticket = nil
        self.stopWaiting()
        self.upstream.metrics.waitSeconds.recordNanoseconds((.now() - self.attempts.started).nanoseconds)
        self.enter()
    }

    private func enter() {
        self.isCounted = true
        self.pool.leasedCount += 1
        self.launch(fresh: self.request.upgrades)
    }

    func launch(fresh: Bool) {
        let now = NIODeadline.now()
        let endpoints = self.pool.endpoints(of: self.upstream)
        guard !endpoints.isEmpty else { return self.awaitAddresses(now) }
        guard let endpoint = self.choose(from: endpoints, now: now) else {
            let detail = "\(self.upstream.settings.maxPerEndpoint) exchanges in flight at each endpoint"
            return self.fail(UpstreamError(.overloaded, detail), isEndpointsFault: false)
        }
        self.endpoint = endpoint
        self.attempts.begin(at: endpoint.name, now: now)
        if !fresh, let connection = self.pool.lease(endpoint, now: now) {
            self.upstream.metrics.reuses.increment()
            self.connected(connection, isReused: true)
        } else {
            self.upstream.metrics.connects.increment()
            self.pool.connect(to: endpoint, of: self.upstream, for: self)
        }
    }

    /// Another loop may take an endpoint's last place between the look and the step.
    private func choose(from endpoints: [EndpointState], now: NIODeadline) -> EndpointState? {
        for _ in 0..<3 {
            let choice = self.upstream.pick(from: endpoints, avoiding: self.avoided, now: now, using: &self.pool.random)
            guard let choice else { return nil }
            if choice.began(cap: self.upstream.settings.maxPerEndpoint) { return choice }
        }
        return nil
    }

    /// No name was looked up yet: waits as long as for a connection.
    private func awaitAddresses(_ now: NIODeadline) {
        let end =
            if case .addresses(let until) = self.pause { until } else { now + self.upstream.settings.connectTimeout }
        guard now < end else {
            return self.fail(UpstreamError(.noHealthyEndpoint, "no address was found"), isEndpointsFault: false)
        }
        self.pause = .addresses(until: end)
        self.schedule(in: Self.addressDelay)
    }

    func schedule(in amount: TimeAmount) {
        // Throws only once the loop is shutting down, and then nothing is served any more.
        self.callback = try? self.pool.loop.assumeIsolatedUnsafeUnchecked().scheduleCallback(in: amount, handler: self)
    }

    package func handleScheduledCallback(eventLoop: some EventLoop) {
        self.callback = nil
        switch self.pause {
        case .none:
            break
        case .place:
            // Called already: the place is on its way here.
            guard let ticket, self.upstream.withdraw(ticket) else { return }
            self.ticket = nil
            self.pause = .none
            self.fail(UpstreamError(.overloaded, "no place in time"), isEndpointsFault: false)
        case .addresses:
            self.launch(fresh: self.request.upgrades)
        case .retry:
            self.pause = .none
            self.launch(fresh: self.request.upgrades)
        }
    }

    func stopWaiting() {
        self.callback?.cancel()
        self.callback = nil
        self.pause = .none
        if let ticket { _ = self.upstream.withdraw(ticket) }
        self.ticket = nil
    }
}

// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Metrics
internal import NIOCore
internal import Settings
internal import Synchronization

/// A named group of endpoints. Shared by all loops; holds what is immutable or atomic, and, where an endpoint is a name,
/// a locked list that loops copy when it changes. Connections are the ``LoopPool``s'.
package final class Upstream: Sendable {
    package var name: String { self.settings.name }
    package let settings: UpstreamSettings
    let metrics: UpstreamMetrics
    private let breaker: CircuitBreaker<BreakerTicket>
    private let retries: RetryBudget
    /// The list for good, where no endpoint is a name.
    let fixedEndpoints: [EndpointState]?
    private let list: Mutex<[EndpointState]>
    private let generationCount = Atomic<Int>(0)

    /// - Parameter previous: of the same name before a reload. Endpoints at unchanged addresses go on with all that is
    ///   known about them, and so with the loops' connections; exchanges under way and in line there count here.
    package init(_ settings: UpstreamSettings, continuing previous: Upstream? = nil) {
        self.settings = settings
        self.metrics = UpstreamMetrics(upstream: settings.name)
        self.breaker = previous?.breaker ?? CircuitBreaker()
        self.retries = previous?.retries ?? RetryBudget()
        let known = previous?.endpoints.filter { $0.tls == settings.tls } ?? []
        if settings.health == nil { for endpoint in known { endpoint.mark(down: false) } }
        var endpoints: [EndpointState] = []
        for address in settings.endpoints {
            let before = known.filter { $0.address == address }
            if !before.isEmpty {
                endpoints += before
            } else if let literal = try? SocketAddress(ipAddress: address.host, port: address.port) {
                // Only tells an address from a name; names are the AddressResolver's.
                endpoints.append(EndpointState(address, at: [literal], tls: settings.tls, upstream: settings.name))
            }
        }
        self.fixedEndpoints = Self.names(in: settings).isEmpty ? endpoints : nil
        self.list = Mutex(endpoints)
    }

    /// What is known now; a name that was not looked up yet is missing.
    package var endpoints: [EndpointState] { self.fixedEndpoints ?? self.list.withLock { $0 } }

    /// Rises with every change of `endpoints`.
    var generation: Int { self.generationCount.load(ordering: .acquiring) }

    // MARK: Names

    /// Endpoints that have to be looked up.
    var names: [ListenAddress] { Self.names(in: self.settings) }

    /// What a look-up gave, by name. A name without an answer keeps what it had. True if anything changed.
    func found(_ answers: [ListenAddress: [[SocketAddress]]]) -> Bool {
        let hasChanged = self.list.withLock { endpoints in
            var next: [EndpointState] = []
            for address in self.settings.endpoints {
                let before = endpoints.filter { $0.address == address }
                guard let answer = answers[address], !answer.isEmpty else {
                    next += before
                    continue
                }
                next += answer.map { candidates in
                    before.first { $0.candidates == candidates }
                        ?? EndpointState(address, at: candidates, tls: self.settings.tls, upstream: self.name)
                }
            }
            let isSame = next.count == endpoints.count && zip(next, endpoints).allSatisfy { $0 === $1 }
            endpoints = next
            return !isSame
        }
        if hasChanged { self.generationCount.wrappingAdd(1, ordering: .releasing) }
        return hasChanged
    }

    private static func names(in settings: UpstreamSettings) -> [ListenAddress] {
        // Only tells an address from a name.
        settings.endpoints.filter { (try? SocketAddress(ipAddress: $0.host, port: $0.port)) == nil }
    }

    // MARK: For exchanges

    /// Exchanges under way, over all loops.
    package var inFlight: Int { Int(self.breaker.occupancy.inFlight) }
    /// Exchanges in line for one of those places.
    package var waiting: Int { Int(self.breaker.occupancy.waiting) }

    /// A place in flight, one in line, or neither. Pair `admitted` with `leave`.
    func enter(orWait ticket: () -> BreakerTicket) -> CircuitBreaker<BreakerTicket>.Admission {
        self.breaker.enter(
            .init(inFlight: self.settings.capacity, waiting: self.settings.maxWaiting),
            orWait: ticket
        )
    }

    /// False: its turn has come already.
    func withdraw(_ ticket: BreakerTicket) -> Bool { self.breaker.withdraw(ticket) }

    /// Whether one more exchange may be tried again. Pair true with `endRetry`.
    func beginRetry() -> Bool { self.retries.take(inFlight: self.inFlight, percent: self.settings.retryBudget) }

    func endRetry() { self.retries.giveBack() }

    /// Gives a place back; the next in line, if there is one, takes it over on its own loop.
    func leave() { self.breaker.leave()?.call() }

    /// - Parameters:
    ///   - endpoints: the loop's view of them.
    ///   - avoided: the one a first try has just failed at; chosen only if nothing else will do.
    func pick(
        from endpoints: [EndpointState],
        avoiding avoided: EndpointState? = nil,
        now: NIODeadline,
        using generator: inout some RandomNumberGenerator
    ) -> EndpointState? {
        let cap = self.settings.maxPerEndpoint
        let choice = Balancer.pick(
            of: endpoints.count,
            mayTake: { endpoints[$0] !== avoided && (cap == 0 || endpoints[$0].inFlight < cap) },
            isHealthy: { endpoints[$0].isUsable(now: now) },
            load: { endpoints[$0].inFlight },
            using: &generator
        )
        if let choice { return endpoints[choice] }
        return avoided == nil ? nil : self.pick(from: endpoints, now: now, using: &generator)
    }

    /// True if the failure put the endpoint out.
    func recordFailure(of endpoint: EndpointState, now: NIODeadline) -> Bool {
        endpoint.metrics.failures.increment()
        guard endpoint.recordFailure() else { return false }
        let endpoints = self.endpoints
        var ejected = 0
        for other in endpoints where other !== endpoint && other.isEjected(now: now) { ejected += 1 }
        guard EjectionRule.allows(ejected: ejected, of: endpoints.count) else { return false }
        endpoint.eject(now: now)
        return true
    }

    // MARK: Sight

    /// Brings the gauges up to date; called when they are read.
    package func observe() {
        let now = NIODeadline.now()
        let occupancy = self.breaker.occupancy
        self.metrics.inFlight.set(Int64(occupancy.inFlight))
        self.metrics.waiting.set(Int64(occupancy.waiting))
        // Several addresses of one name share their gauges: in flight is the sum, up while one of them is.
        for (_, group) in Dictionary(grouping: self.endpoints, by: \.name) {
            let isUp = group.contains { $0.isUsable(now: now) }
            group[0].metrics.isUp.set(Int64(isUp ? 1 : 0))
            group[0].metrics.inFlight.set(Int64(group.reduce(0) { $0 + $1.inFlight }))
        }
    }
}

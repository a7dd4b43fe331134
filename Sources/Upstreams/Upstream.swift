// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import NIOCore
internal import Synchronization

/// A named group of endpoints. Shared by all loops; holds only what is immutable or atomic. Connections are the
/// ``LoopPool``s'.
package final class Upstream: Sendable {
    package var name: String { self.settings.name }
    package let settings: UpstreamSettings
    package let endpoints: [EndpointState]
    let metrics: UpstreamMetrics
    private let load: UpstreamLoad

    /// - Parameter previous: the upstream of this name before a reload. Endpoints whose address it has too go on with their state, and
    ///   so with the loops' connections to them; exchanges under way there count here.
    package init(_ settings: UpstreamSettings, continuing previous: Upstream? = nil) {
        self.settings = settings
        self.endpoints = settings.endpoints.map { address in
            previous?.endpoints.first { $0.address == address } ?? EndpointState(address)
        }
        self.load = previous?.load ?? UpstreamLoad()
        self.metrics = UpstreamMetrics(upstream: settings.name)
    }

    /// Exchanges under way, over all loops.
    package var inFlight: Int { self.load.inFlight.load(ordering: .relaxed) }

    /// Counts one more exchange, unless the cap is reached. Pair with `leave`.
    func admit() -> Bool {
        let (before, _) = self.load.inFlight.wrappingAdd(1, ordering: .relaxed)
        if self.settings.maxInFlight == 0 || before < self.settings.maxInFlight { return true }
        self.leave()
        return false
    }

    func leave() { self.load.inFlight.wrappingSubtract(1, ordering: .relaxed) }

    func pick(now: NIODeadline, using generator: inout some RandomNumberGenerator) -> EndpointState? {
        let endpoints = self.endpoints
        let choice = Balancer.pick(
            of: endpoints.count,
            isHealthy: { !endpoints[$0].isEjected(now: now) },
            load: { endpoints[$0].inFlight },
            using: &generator
        )
        return choice.map { endpoints[$0] }
    }

    /// True if the failure put the endpoint out.
    func recordFailure(of endpoint: EndpointState, now: NIODeadline) -> Bool {
        guard endpoint.recordFailure() else { return false }
        var ejected = 0
        for other in self.endpoints where other !== endpoint && other.isEjected(now: now) { ejected += 1 }
        guard EjectionRule.allows(ejected: ejected, of: self.endpoints.count) else { return false }
        endpoint.eject(now: now)
        return true
    }
}

/// What is counted over all loops and outlives a reload.
final class UpstreamLoad: Sendable {
    let inFlight = Atomic<Int>(0)
}

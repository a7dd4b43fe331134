// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Metrics
internal import NIOCore
package import Settings
internal import Synchronization

/// One endpoint of an upstream and what all loops know about it. Counts are relaxed: they steer, nothing hangs on their
/// order. Lives on over a reload that keeps its address.
package final class EndpointState: Sendable {
    /// As configured: an address, or the name it was found under.
    package let address: ListenAddress
    /// `address` for logs, made once.
    package let name: String
    /// Where to connect: one address, or the several by which a name means this machine.
    let candidates: [SocketAddress]
    let tls: UpstreamTLS?
    let metrics: EndpointMetrics

    private let inFlightCount = Atomic<Int>(0)
    private let failures = Atomic<Int>(0)
    private let ejections = Atomic<Int>(0)
    /// `NIODeadline` nanoseconds; 0: not ejected.
    private let ejectedUntil = Atomic<UInt64>(0)
    private let isDownFlag = Atomic<Bool>(false)
    private let candidateIndex = Atomic<Int>(0)

    init(_ address: ListenAddress, at candidates: [SocketAddress], tls: UpstreamTLS?, upstream: String) {
        precondition(!candidates.isEmpty, "an endpoint has an address")
        self.address = address
        self.name = address.description
        self.candidates = candidates
        self.tls = tls
        self.metrics = EndpointMetrics(upstream: upstream, endpoint: address.description)
    }

    package var inFlight: Int { self.inFlightCount.load(ordering: .relaxed) }

    /// Counts one more exchange; false where `cap` of them are under way (0: no cap). Pair true with `ended`.
    func began(cap: Int) -> Bool {
        let before = self.inFlightCount.wrappingAdd(1, ordering: .relaxed).oldValue
        if cap == 0 || before < cap { return true }
        self.ended()
        return false
    }

    func ended() { self.inFlightCount.wrappingSubtract(1, ordering: .relaxed) }

    /// Neither ejected nor out by its checks.
    func isUsable(now: NIODeadline) -> Bool { !self.isDown && !self.isEjected(now: now) }

    // MARK: Which of several addresses answers

    var preferredCandidate: Int { self.candidateIndex.load(ordering: .relaxed) }

    func prefer(candidate: Int) {
        if self.preferredCandidate != candidate { self.candidateIndex.store(candidate, ordering: .relaxed) }
    }

    // MARK: Active checks

    package var isDown: Bool { self.isDownFlag.load(ordering: .relaxed) }
    func mark(down: Bool) { self.isDownFlag.store(down, ordering: .relaxed) }

    // MARK: Ejection

    func isEjected(now: NIODeadline) -> Bool {
        self.ejectedUntil.load(ordering: .relaxed) > now.uptimeNanoseconds
    }

    func recordSuccess() {
        if self.failures.load(ordering: .relaxed) != 0 { self.failures.store(0, ordering: .relaxed) }
    }

    /// True at the fifth failure in a row, after which it counts from 0 again.
    func recordFailure() -> Bool {
        let (_, failures) = self.failures.wrappingAdd(1, ordering: .relaxed)
        guard failures >= EjectionRule.failures else { return false }
        self.failures.store(0, ordering: .relaxed)
        return true
    }

    func eject(now: NIODeadline) {
        let last = NIODeadline.uptimeNanoseconds(self.ejectedUntil.load(ordering: .relaxed))
        let times = EjectionRule.times(before: self.ejections.load(ordering: .relaxed), lastEnd: last, now: now)
        self.ejections.store(times, ordering: .relaxed)
        self.ejectedUntil.store((now + EjectionRule.span(times: times)).uptimeNanoseconds, ordering: .relaxed)
        self.metrics.ejections.increment()
    }
}

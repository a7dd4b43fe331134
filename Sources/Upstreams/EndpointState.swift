// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import NIOCore
package import Settings
internal import Synchronization

/// One address of an upstream and what all loops know about it. Counts are relaxed: they steer, nothing hangs on their
/// order.
package final class EndpointState: Sendable {
    package let address: ListenAddress
    /// Nil for a host name, which is resolved at every connect.
    let socketAddress: SocketAddress?

    private let inFlightCount = Atomic<Int>(0)
    private let failures = Atomic<Int>(0)
    private let ejections = Atomic<Int>(0)
    /// `NIODeadline` nanoseconds; 0: not ejected.
    private let ejectedUntil = Atomic<UInt64>(0)

    init(_ address: ListenAddress) {
        self.address = address
        // Only tells an address from a name; a name that is no address is connected to by name.
        self.socketAddress = try? SocketAddress(ipAddress: address.host, port: address.port)
    }

    var inFlight: Int { self.inFlightCount.load(ordering: .relaxed) }

    func began() { self.inFlightCount.wrappingAdd(1, ordering: .relaxed) }
    func ended() { self.inFlightCount.wrappingSubtract(1, ordering: .relaxed) }

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
    }
}

// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import NIOCore
package import Settings
internal import Synchronization

/// `rate` of a route: what one address and what one caller may ask for. Off by default.
package struct RouteRate: Sendable, Hashable {
    /// Counted before credentials are looked at, by address (IPv6 by its /64).
    package var address: RateLimit?
    /// Counted by session, or by the subject of a Bearer. Anonymous requests have their address alone.
    package var session: RateLimit?

    package init(address: RateLimit? = nil, session: RateLimit? = nil) {
        self.address = address
        self.session = session
    }

    package init(node: SettingsNode) throws(SettingsError) {
        var map = try node.map()
        if let node = map.take("address") { self.address = try RateLimit(node: node) }
        if let node = map.take("session") { self.session = try RateLimit(node: node) }
        try map.finish()
        guard self.address != nil || self.session != nil else {
            throw node.error("limits nothing", advice: "rate: { address: 100/1m, session: 600/1m }, one or both")
        }
    }
}

/// The counts of one route on this node, over all its loops; one short lock where a route has a `rate`, none elsewhere. Kept over
/// reloads while the rate stays as it is.
final class RouteRateLimits: Sendable {
    let rate: RouteRate
    private let prefix: String
    private let addresses: Mutex<RateLimiter<[UInt8]>>
    private let sessions: Mutex<RateLimiter<[UInt8]>>

    init(_ rate: RouteRate, prefix: String) {
        self.rate = rate
        self.prefix = prefix
        let off = RateLimit(0, per: .seconds(1))
        self.addresses = Mutex(RateLimiter(rate.address ?? off))
        self.sessions = Mutex(RateLimiter(rate.session ?? off))
    }

    /// The charge that other nodes are asked about; `nil` where there is none.
    func admit(address: [UInt8], now: NIODeadline) throws(Refusal) -> RateCharge? {
        guard let limit = self.rate.address else { return nil }
        let charge = RateCharge(name: .routeAddress(prefix: self.prefix), limit: limit, key: address)
        if let denial = self.addresses.withLock({ $0.admit(address, now: now) }) {
            throw charge.refusal(wait: denial.wait)
        }
        return charge
    }

    func admit(session: [UInt8], now: NIODeadline) throws(Refusal) -> RateCharge? {
        guard let limit = self.rate.session else { return nil }
        let charge = RateCharge(name: .routeSession(prefix: self.prefix), limit: limit, key: session)
        if let denial = self.sessions.withLock({ $0.admit(session, now: now) }) {
            throw charge.refusal(wait: denial.wait)
        }
        return charge
    }
}

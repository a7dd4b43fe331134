// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation
internal import NIOCore
internal import Synchronization
internal import Wire

/// The node's doorman: how many connections a session, a user, an address and the node may have, and how fast they may
/// come (live.md §8). One lock, taken twice in the life of a connection.
final class Admission: Sendable {
    /// What one connection occupies until it is released.
    struct Place: Sendable, Hashable {
        var session: LiveSessionKey?
        var user: String?
        var network: String
    }

    private struct Counts {
        var sessions: [LiveSessionKey: Int] = [:]
        var users: [String: Int] = [:]
        var networks: [String: Int] = [:]
        var node = 0
        /// Made by the first who comes, since only then the clock is known.
        private var pacer: JoinPacer?

        mutating func pace(
            _ limits: LiveLimits,
            now: NIODeadline,
            _ body: (inout JoinPacer) -> JoinPacer.Verdict
        ) -> JoinPacer.Verdict {
            var pacer = pacer ?? JoinPacer(perSecond: limits.joins, burst: limits.joinsBurst, now: now)
            defer { self.pacer = pacer }
            return body(&pacer)
        }
    }

    /// Why somebody is not let in, and when to come back if the doorman has an opinion on that.
    struct Refusal: Error, Hashable {
        let code: CloseCode
        var retry: Int?
    }

    private let limits: LiveLimits
    private let counts = Mutex(Counts())

    init(limits: LiveLimits) { self.limits = limits }

    /// Before anything else is done for a newcomer.
    /// - Returns: nil to go on; milliseconds to come back after where even a refusal would cost too much.
    func knock(now: NIODeadline) -> Int? {
        counts.withLock { counts in
            guard case .later(let retry) = counts.pace(limits, now: now, { $0.knock(now: now) }) else { return nil }
            return retry
        }
    }

    /// - Returns: nil when let in; then `release` has to follow.
    func enter(_ place: Place, now: NIODeadline) -> Refusal? {
        counts.withLock { counts in
            if Admission.isFull(counts.node, limits.perNode) { return Refusal(code: .overloaded) }
            let session = place.session.map { counts.sessions[$0, default: 0] } ?? 0
            let user = place.user.map { counts.users[$0, default: 0] } ?? 0
            let network = counts.networks[place.network, default: 0]
            let isCrowded =
                place.session != nil && Admission.isFull(session, limits.perSession)
                || place.user != nil && Admission.isFull(user, limits.perUser)
                || Admission.isFull(network, limits.perAddress)
            if isCrowded { return Refusal(code: .tooManyConnections) }
            // Last, since who is refused for another reason is no join.
            if case .later(let retry) = counts.pace(limits, now: now, { $0.join(now: now) }) {
                return Refusal(code: .overloaded, retry: retry)
            }
            counts.node += 1
            if let key = place.session { counts.sessions[key, default: 0] += 1 }
            if let key = place.user { counts.users[key, default: 0] += 1 }
            counts.networks[place.network, default: 0] += 1
            return nil
        }
    }

    func release(_ place: Place) {
        counts.withLock { counts in
            counts.node -= 1
            if let key = place.session { Admission.decrement(&counts.sessions, key) }
            if let key = place.user { Admission.decrement(&counts.users, key) }
            Admission.decrement(&counts.networks, place.network)
        }
    }

    var connections: Int { counts.withLock { $0.node } }

    /// An IPv6 address as its /64, since one client owns at least that much; anything else as it is.
    static func network(of address: String) -> String {
        var bytes = in6_addr()
        guard inet_pton(AF_INET6, address, &bytes) == 1 else { return address }
        return withUnsafeBytes(of: &bytes) { bytes in
            let isMappedV4 = bytes[..<10].allSatisfy { $0 == 0 } && bytes[10] == 0xFF && bytes[11] == 0xFF
            if isMappedV4 { return bytes[12..<16].map(String.init).joined(separator: ".") }
            return bytes[..<8].map { String($0, radix: 16) }.joined(separator: ":")
        }
    }

    private static func isFull(_ count: Int, _ limit: Int) -> Bool { limit > 0 && count >= limit }

    private static func decrement<Key>(_ counts: inout [Key: Int], _ key: Key) {
        guard let count = counts[key] else { return }
        counts[key] = count > 1 ? count - 1 : nil
    }
}

// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import NIOCore
internal import Settings

/// What an operator may see of one upstream, at one moment.
package struct UpstreamStatus: Sendable, Hashable {
    package enum Health: String, CaseIterable, Sendable {
        /// Gets requests.
        case up
        /// Out for a while after five failures in a row.
        case ejected
        /// Out by its active checks.
        case down
        /// A name that no look-up has answered yet.
        case unresolved
    }

    package struct Endpoint: Sendable, Hashable {
        /// As configured.
        package var address: String
        /// Where a name led; nil: `address` is an address itself, or was not found.
        package var peer: String?
        package var health: Health
        package var inFlight: Int
    }

    package var name: String
    package var inFlight: Int
    package var waiting: Int
    /// Exchanges that may be under way; 0: no cap.
    package var capacity: Int
    /// Whether its endpoints are asked how they are.
    package var isChecked: Bool
    package var endpoints: [Endpoint]
}

extension Upstream {
    /// From any thread; the parts are read one after another and may be a moment apart.
    package func status() -> UpstreamStatus {
        let now = NIODeadline.now()
        let known = self.endpoints
        let endpoints = self.settings.endpoints.flatMap { address -> [UpstreamStatus.Endpoint] in
            let found = known.filter { $0.address == address }
            guard !found.isEmpty else {
                return [.init(address: "\(address)", peer: nil, health: .unresolved, inFlight: 0)]
            }
            return found.map { $0.status(now: now) }
        }
        return UpstreamStatus(
            name: self.name,
            inFlight: self.inFlight,
            waiting: self.waiting,
            capacity: self.settings.capacity,
            isChecked: self.settings.health != nil,
            endpoints: endpoints
        )
    }
}

extension EndpointState {
    fileprivate func status(now: NIODeadline) -> UpstreamStatus.Endpoint {
        let candidate = self.candidates[min(self.preferredCandidate, self.candidates.count - 1)]
        let isName = candidate.ipAddress != self.address.host
        return .init(
            address: self.name,
            peer: isName ? candidate.ipAddress : nil,
            health: self.isDown ? .down : self.isEjected(now: now) ? .ejected : .up,
            inFlight: self.inFlight
        )
    }
}

// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Synchronization
package import Upstreams

/// The settings in force and the upstreams made of them, for whoever works beside the request path: health checks, the login
/// client, the drain. Requests read their loop's snapshot instead.
package final class RunningConfiguration: Sendable {
    package struct Current: Sendable {
        package var settings: GatewaySettings
        package var upstreams: [String: Upstream]
    }

    private let state: Mutex<Current>

    package init(settings: GatewaySettings) {
        state = Mutex(Current(settings: settings, upstreams: Self.upstreams(of: settings, continuing: [:])))
    }

    package var current: Current { state.withLock { $0 } }

    func replace(settings: GatewaySettings, upstreams: [String: Upstream]) {
        state.withLock { $0 = Current(settings: settings, upstreams: upstreams) }
    }

    /// - Parameter previous: endpoints whose address stays go on with what is known about them, and with their connections.
    static func upstreams(of settings: GatewaySettings, continuing previous: [String: Upstream]) -> [String: Upstream] {
        Dictionary(
            uniqueKeysWithValues: settings.upstreams.map { ($0.name, Upstream($0, continuing: previous[$0.name])) }
        )
    }
}

// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Edge
internal import Hummingbird
internal import StrictJSON
internal import Upstreams

/// `GET /status`: what this node is, its routes, and how their upstreams are, at this moment.
struct AdminStatusRoutes {
    /// nil where there is none to tell of.
    var configuration: RunningConfiguration?
    /// Of this product.
    var version: String

    func add(to group: RouterGroup<BasicRequestContext>) {
        group.get("status") { _, _ in
            guard let current = configuration?.current else {
                throw AdminProblem(.notFound, "no-configuration", "This process has no configuration to tell of.")
            }
            return AdminServer.json(body(current))
        }
    }

    private func body(_ current: RunningConfiguration.Current) -> JSONValue {
        let settings = current.settings
        return [
            "version": .string(version),
            "profile": .string(settings.profile.rawValue),
            "store": settings.redis == nil ? "embedded" : "redis",
            "origins": .array(settings.edge.origins.map { .string("\($0)") }),
            "routes": .array(settings.edge.routes.map(Self.json)),
            // In the file's order, which the dictionary does not keep.
            "upstreams": .array(
                settings.upstreams.compactMap { current.upstreams[$0.name].map { Self.json($0.status()) } }
            ),
        ]
    }

    private static func json(_ route: RouteSettings) -> JSONValue {
        [
            "prefix": .string(route.prefix),
            "upstream": .string(route.upstream),
            "auth": .string(route.authentication.rawValue),
            "identity": .string(route.identity.rawValue),
            "session": .string(route.session.rawValue),
            "websocket": .string(route.webSocket.rawValue),
        ]
    }

    private static func json(_ upstream: UpstreamStatus) -> JSONValue {
        [
            "name": .string(upstream.name),
            "in_flight": .integer(Int64(upstream.inFlight)),
            "waiting": .integer(Int64(upstream.waiting)),
            "capacity": .integer(Int64(upstream.capacity)),
            "checked": .bool(upstream.isChecked),
            "endpoints": .array(
                upstream.endpoints.map { endpoint in
                    [
                        "address": .string(endpoint.address),
                        "peer": endpoint.peer.map { .string($0) } ?? .null,
                        "health": .string(endpoint.health.rawValue),
                        "in_flight": .integer(Int64(endpoint.inFlight)),
                    ]
                }
            ),
        ]
    }
}

// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Logging
internal import Metrics
internal import NIOConcurrencyHelpers
internal import NIOCore
internal import Sessions
internal import Settings
internal import Synchronization
internal import Upstreams

/// One configuration as the loops read it: an immutable snapshot that a reload replaces whole. Each worker holds the one in force;
/// a request keeps the one it began with.
///
/// What counts across requests must outlive it: `continuing` is where such parts are taken over from the snapshot before.
final class EdgeShared: Sendable {
    let settings: EdgeSettings
    let services: EdgeServices
    let routes: RouteTable
    let publicHosts: HostAllowList
    let internalHosts: HostAllowList
    let publicPort: Int
    /// The origins with port 0 replaced by the port the public listener was given.
    let origins: [PublicOrigin]
    let crossSite: CrossSiteGuard
    let tls: TLSMaterial
    let logger: Logger
    let accessLog: AccessLog
    let authLimits: AuthLimits
    let addresses: AddressCounter
    let connections: NodeConnections
    let metrics = EdgeMetrics()
    /// Requests no route was found for.
    let unroutedMetrics = RouteMetrics(route: "-", upstream: "-")
    let droppedFields = Counter(label: "gatecast_request_fields_dropped_total")
    let authority: [UInt8]
    let assertions: IdentityAssertions?
    let authPrefix: [UInt8]
    let access: CrossOriginAccess

    /// - Parameter previous: the snapshot this one follows; `nil` for the first.
    init(
        settings: EdgeSettings,
        services: EdgeServices,
        publicPort: Int,
        tls: TLSMaterial,
        logger: Logger,
        continuing previous: EdgeShared? = nil
    ) {
        self.settings = settings
        self.services = services
        self.routes = RouteTable(
            settings.routes,
            endpoints: services.upstreams.mapValues { $0.endpoints.map(\.address.description) },
            login: services.sessions?.settings.upstream,
            continuing: previous?.routes
        )
        self.access = CrossOriginAccess(settings.allowedOrigins)
        self.publicPort = publicPort
        let origins = settings.origins.map { $0.listening(on: publicPort) }
        self.origins = origins
        self.publicHosts = HostAllowList(origins: origins)
        self.internalHosts = HostAllowList(hosts: settings.internalHosts)
        self.crossSite = CrossSiteGuard(
            publicOrigins: origins.map(\.description),
            allowedOrigins: settings.allowedOrigins
        )
        self.tls = tls
        self.logger = logger
        self.accessLog = AccessLog(logger: logger)
        self.addresses = previous?.addresses ?? AddressCounter()
        self.connections = previous?.connections ?? NodeConnections(logger: logger)
        self.assertions = IdentityAssertions(
            issuer: origins.first?.description ?? "https://localhost",
            keys: services.identityKeys,
            routes: settings.routes
        )
        self.authority = Array((origins.first?.authority ?? "localhost").utf8)
        self.authPrefix = Array(settings.pages.prefix.utf8)
        if let previous, previous.settings.limits.hasSameAuthLimits(as: settings.limits) {
            self.authLimits = previous.authLimits
        } else {
            self.authLimits = AuthLimits(settings.limits, shared: services.rateLimits)
        }
    }

    func hosts(of role: ListenerRole) -> HostAllowList {
        switch role {
        case .public, .redirect: self.publicHosts
        case .internal: self.internalHosts
        }
    }

    /// The public origin of a plain-HTTP request's `Host`, whose port says nothing.
    func origin(named host: ArraySlice<UInt8>) -> PublicOrigin? { PublicOrigin.named(host, among: self.origins) }

    /// Whether a hop may say whom it speaks for.
    func isTrusted(_ address: [UInt8], at role: ListenerRole) -> Bool {
        if self.settings.trustedProxies.contains(where: { $0.contains(address) }) { return true }
        guard role == .internal else { return false }
        return AddressRange.isLoopback(address) || self.settings.internalAllowFrom.contains { $0.contains(address) }
    }
}

extension EdgeLimits {
    /// What was counted under other limits says nothing under these.
    fileprivate func hasSameAuthLimits(as other: EdgeLimits) -> Bool {
        self.loginFailuresPerAccount == other.loginFailuresPerAccount && self.loginsPerAddress == other.loginsPerAddress
            && self.authPerSession == other.authPerSession
    }
}

// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Logging
internal import Metrics
internal import NIOConcurrencyHelpers
internal import NIOCore
internal import Sessions
internal import Synchronization

/// What all loops read and none writes, apart from two small locked counters on cold paths.
final class EdgeShared: Sendable {
    let settings: EdgeSettings
    let services: EdgeServices
    let routes: RouteTable
    let publicHosts: HostAllowList
    let internalHosts: HostAllowList
    /// The origins with port 0 replaced by the port the public listener was given.
    let origins: [PublicOrigin]
    let crossSite: CrossSiteGuard
    let logger: Logger
    let accessLog: AccessLog
    let loginLimits: LoginLimits
    let addresses: AddressCounter
    /// Requests no route was found for.
    let unroutedMetrics = RouteMetrics(route: "-", upstream: "-")
    let droppedFields = Counter(label: "gatecast_request_fields_dropped_total")
    let authority: [UInt8]

    init(settings: EdgeSettings, services: EdgeServices, publicPort: Int, logger: Logger) {
        self.settings = settings
        self.services = services
        self.routes = RouteTable(settings.routes)
        let origins = settings.origins.map { $0.listening(on: publicPort) }
        self.origins = origins
        self.publicHosts = HostAllowList(origins: origins)
        self.internalHosts = HostAllowList(hosts: settings.internalHosts)
        self.crossSite = CrossSiteGuard(
            publicOrigins: origins.map(\.description),
            allowedOrigins: settings.allowedOrigins
        )
        self.logger = logger
        self.accessLog = AccessLog(logger: logger)
        self.loginLimits = LoginLimits(settings.limits)
        self.addresses = AddressCounter(limit: settings.limits.connectionsPerAddress)
        self.authority = Array((origins.first?.authority ?? "localhost").utf8)
    }

    func hosts(of role: ListenerRole) -> HostAllowList {
        switch role {
        case .public: self.publicHosts
        case .internal: self.internalHosts
        }
    }
}

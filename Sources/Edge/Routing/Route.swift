// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import HTTPMessages
internal import Metrics

/// One line of the route table with everything a request needs made ahead: no lookup, no label, no `String` per request.
package final class Route: Sendable {
    package let index: Int
    package let settings: RouteSettings
    /// A bit for each `Method`'s raw value.
    private let methods: UInt16
    /// Value of `Allow` in a 405.
    let allow: String
    let metrics: RouteMetrics
    /// Only where the settings have a `rate`.
    let rate: RouteRateLimits?
    /// Only where WebSockets pass.
    let tunnels: TunnelMetrics?
    /// `nil`: targets pass as they are.
    let target: UpstreamTarget?
    let location: LocationRewriter
    /// The upstream's own `Host`; `nil`: the request's.
    let host: [UInt8]?
    /// `X-Forwarded-Prefix`, where one is stripped.
    let forwardedPrefix: [UInt8]?
    /// Its upstream is the one that logs people in: it may say whose sessions end (`SessionEnding`).
    let endsSessions: Bool

    /// - Parameters:
    ///   - endpoints: `host:port` of the upstream.
    ///   - endsSessions: the upstream is the login's.
    ///   - previous: this prefix's route before a reload; its counts go on if its rate does.
    init(
        index: Int,
        settings: RouteSettings,
        endpoints: [String],
        endsSessions: Bool = false,
        continuing previous: Route? = nil
    ) {
        self.endsSessions = endsSessions
        self.target = UpstreamTarget(settings)
        self.location = LocationRewriter(route: settings, endpoints: endpoints)
        let first = endpoints.first.map { $0.hasSuffix(":80") ? String($0.dropLast(3)) : $0 }
        self.host = settings.host == .upstream ? first.map { Array($0.utf8) } : nil
        self.forwardedPrefix = settings.rewrite == .strip ? RoutePath.key(of: Array(settings.prefix.utf8)) : nil
        self.index = index
        self.settings = settings
        let isTunnel = settings.webSocket == .tunnel
        let names = settings.methods.isEmpty ? (isTunnel ? ["GET"] : Self.forwarded) : settings.methods
        var bits: UInt16 = 0
        for name in names {
            guard let method = Method(name.utf8) else { continue }  // RouteSettings refused unknown names
            bits |= 1 << UInt16(method.rawValue)
        }
        self.methods = bits
        self.allow = names.joined(separator: ", ")
        if let rate = settings.rate, rate == previous?.rate?.rate {
            self.rate = previous?.rate
        } else {
            self.rate = settings.rate.map { RouteRateLimits($0, prefix: settings.prefix) }
        }
        self.metrics = RouteMetrics(route: settings.prefix, upstream: settings.upstream)
        self.tunnels = isTunnel ? TunnelMetrics(route: settings.prefix, upstream: settings.upstream) : nil
    }

    func allows(_ method: Method) -> Bool { self.methods & (1 << UInt16(method.rawValue)) != 0 }

    private static let forwarded = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
}

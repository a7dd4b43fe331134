// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import HTTPTypes
package import Hummingbird
internal import HummingbirdCore
package import Logging
internal import NIOCore
package import Observability
package import ServiceLifecycle
package import Settings
internal import StrictJSON

/// One service as it runs: its listener, its routes, the manners all services share and the work behind it.
///
/// Adds `GET /livez`, `/readyz`, and where they are given `/openapi.json` and `/metrics`; answers 405 with `Allow` for known paths;
/// everything that is not a success leaves as problem+json (`ServiceResponder`).
/// `services` start before the listener and stop after its last response.
package struct ServiceApplication: Service, Sendable {
    /// The Prometheus text of this process.
    package typealias MetricsText = @Sendable () -> String

    /// For tests: HummingbirdTesting runs it.
    package let application: Application<ServiceResponder>
    private let listen: ListenAddress
    /// Where document and routes disagree, one sentence each: empty, or a test fails.
    package let undocumented: [String]

    /// - Parameters:
    ///   - document: what `/openapi.json` answers; `nil`: there is no such path.
    ///   - spans: where finished spans go; `nil`: nowhere.
    package init(
        name: String,
        listen: ListenAddress,
        router: Router<ServiceContext>,
        services: [any Service] = [],
        readiness: [ReadinessCheck] = [],
        metrics: MetricsText? = nil,
        document: OpenAPI.Document? = nil,
        spans: (any SpanSink)? = nil,
        logger: Logger,
        onListening: @escaping @Sendable (ListenAddress) -> Void = { _ in }
    ) {
        self.listen = listen
        Self.addProbes(to: router, readiness: readiness, metrics: metrics)
        document?.addRoute(to: router)
        self.undocumented = document?.differences(from: router) ?? []
        Self.refuseOtherMethods(on: router)
        var logger = logger
        logger[metadataKey: "service"] = "\(name)"
        self.application = Application(
            responder: ServiceResponder(service: name, routes: router.buildResponder(), spans: spans, logger: logger),
            server: .http1(configuration: Self.channelConfiguration),
            configuration: ApplicationConfiguration(
                address: .hostname(listen.host, port: listen.port),
                availableConnectionsDelegate: MaximumAvailableConnections(4096)
            ),
            services: services,
            onServerRunning: { [logger] channel in
                let address = Self.address(of: channel, configured: listen)
                logger.notice("listening", metadata: ["address": "\(address)", "listener": "\(name)"])
                onListening(address)
            },
            logger: Self.quieter(logger)
        )
    }

    package func run() async throws {
        do {
            try await self.application.run()
        } catch {
            throw ListenError(error, address: self.listen) ?? error
        }
    }

    /// Hummingbird announces its listener too; one line is enough.
    private static func quieter(_ logger: Logger) -> Logger {
        var logger = logger
        if logger.logLevel == .info { logger.logLevel = .notice }
        return logger
    }

    /// The gateway drops idle upstream connections after 4 s, long before this side does.
    private static var channelConfiguration: HTTP1Channel.Configuration {
        HTTP1Channel.Configuration(
            idleTimeout: .seconds(60),
            httpDecoderConfiguration: .init(
                maxHeaderFieldSize: 16 * 1024,
                maxHeaderListSize: 48 * 1024,
                maxHeaderFieldCount: 128
            )
        )
    }

    private static func address(of channel: any Channel, configured: ListenAddress) -> ListenAddress {
        guard let local = channel.localAddress, let port = local.port else { return configured }
        return ListenAddress(host: configured.host, port: port)
    }

    private static func addProbes(
        to router: Router<ServiceContext>,
        readiness: [ReadinessCheck],
        metrics: MetricsText?
    ) {
        router.get("/livez") { _, _ in Response.json(["status": "ok"]) }
        router.get("/readyz") { _, _ in await Self.answerReadiness(readiness) }
        if let metrics {
            router.get("/metrics") { _, _ in
                Response(
                    status: .ok,
                    headers: [.contentType: "text/plain; version=0.0.4; charset=utf-8"],
                    body: ResponseBody(byteBuffer: ByteBuffer(string: metrics()))
                )
            }
        }
    }

    private static func answerReadiness(_ checks: [ReadinessCheck]) async -> Response {
        var failing: [JSONValue.Member] = []
        for check in checks {
            if let problem = await check.problem() {
                failing.append(.init(name: check.name, value: .string(problem)))
            }
        }
        guard !failing.isEmpty else { return .json(["status": "ok"]) }
        return .json(["status": "unavailable", "failing": .object(failing)], status: .serviceUnavailable)
    }

    /// A path that exists answers other methods with 405 and what it allows, instead of Hummingbird's 404. HEAD is left to
    /// `Router.service`, which makes it of GET.
    private static func refuseOtherMethods(on router: Router<ServiceContext>) {
        var methods: [String: (path: RouterPath, allowed: [HTTPRequest.Method])] = [:]
        for route in router.routes {
            methods[route.path.description, default: (route.path, [])].allowed.append(route.method)
        }
        for (path, var allowed) in methods.values {
            if allowed.contains(.get), !allowed.contains(.head) { allowed.append(.head) }
            allowed.sort { $0.rawValue < $1.rawValue }
            let problem = ProblemDetails.methodNotAllowed(allowed)
            for method in ServiceResponder.methods where !allowed.contains(method) {
                router.on(path, method: method) { _, _ -> Response in throw problem }
            }
        }
    }
}

extension Router where Context == ServiceContext {
    /// The router a service starts from: HEAD is answered wherever GET is.
    package static func service() -> Router<ServiceContext> {
        Router(context: ServiceContext.self, options: .autoGenerateHeadEndpoints)
    }
}

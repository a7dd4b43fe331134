// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Edge
internal import EventLog
internal import Foundation
internal import Gateway
internal import LocalCA
internal import Logging
internal import NIOPosix
internal import Notifications
internal import Observability
internal import ServiceKit
internal import ServiceLifecycle
internal import Settings
internal import Synchronization
internal import Tasks
internal import Users

/// `gatecast up`: the services first, each in a group of its own, then the gateway on the addresses they were given. The gateway drains
/// before any service stops.
struct UpProcess {
    var options: Up
    var telemetry: Telemetry

    private let logger = Logger(label: "gatecast")
    private let group = MultiThreadedEventLoopGroup.singleton

    init(options: Up, telemetry: Telemetry) {
        self.options = options
        self.telemetry = telemetry
    }

    func run() async throws {
        let plan = try UpPlan(options: options)
        try await withThrowingTaskGroup { tasks in
            var hosted: [HostedService] = []
            do {
                let stores = try EventStores(settings: plan.storeSettings, group: group, logger: logger)
                try await start(&hosted, plan, stores, in: &tasks)
                let addresses = hosted.compactMap(\.address)
                let source = ConfigurationSource(file: options.config) { try plan.reread(addresses) }
                let services = zip([UsersApp.name, TasksApp.name, NotificationsApp.name], addresses).map {
                    (name: $0, address: "\($1)")
                }
                let (gateway, drain) = try gateway(plan.settings(addresses), source, plan, stores, services)
                if options.config == nil {
                    let renewal = CertificateRenewal(directory: UpPlan.certificates, logger: logger)
                    hosted.append(.start(renewal, in: &tasks, logger: logger))
                }
                hosted.append(.start(gateway, drain: drain, in: &tasks))
                // Whoever ends first takes the others along: the gateway on a signal, a service by a failure.
                try await tasks.next()
            } catch {
                await end(hosted)
                // What they still have to say comes second to what went wrong.
                while let result = await tasks.nextResult() { _ = result }
                throw error
            }
            await end(hosted)
            try await tasks.waitForAll()
        }
        logger.info("stopped")
    }

    private func end(_ hosted: [HostedService]) async {
        for service in hosted.reversed() { await service.end() }
    }

    // MARK: Services

    /// Redis client (where there is one), users, tasks, notifications: in this order, each listening before the next starts.
    private func start(
        _ hosted: inout [HostedService],
        _ plan: UpPlan,
        _ stores: EventStores,
        in tasks: inout ThrowingTaskGroup<Void, any Error>
    ) async throws {
        if let client = stores.redis { hosted.append(.start(client, in: &tasks, logger: logger)) }
        // Before the services, so that it ends after them and sends what they leave behind.
        var spans: [String: OTLPExporter] = [:]
        for name in [UsersApp.name, TasksApp.name, NotificationsApp.name] {
            guard let exporter = ServiceMain.exporter(try plan.service(name, jwks: nil), logger: logger) else { break }
            spans[name] = exporter
            hosted.append(.start(exporter, in: &tasks, logger: logger))
        }
        let users = try await HostedService.start(UsersApp.name, in: &tasks, logger: logger) { listening in
            try await UsersApp.build(
                settings: plan.service(UsersApp.name, jwks: nil),
                spans: spans[UsersApp.name],
                logger: logger(UsersApp.name),
                onListening: listening
            )
        }
        hosted.append(users)
        let jwks = users.address.map { "http://\($0)/.well-known/jwks.json" }
        hosted.append(
            try await HostedService.start(TasksApp.name, in: &tasks, logger: logger) { listening in
                try await TasksApp.build(
                    settings: plan.service(TasksApp.name, jwks: jwks),
                    bus: stores.bus,
                    spans: spans[TasksApp.name],
                    logger: logger(TasksApp.name),
                    onListening: listening
                )
            }
        )
        hosted.append(
            try await HostedService.start(NotificationsApp.name, in: &tasks, logger: logger) { listening in
                try await NotificationsApp.build(
                    settings: plan.service(NotificationsApp.name, jwks: jwks),
                    bus: stores.bus,
                    log: stores.log,
                    spans: spans[NotificationsApp.name],
                    logger: logger(NotificationsApp.name),
                    onListening: listening
                )
            }
        )
    }

    private func logger(_ service: String) -> Logger { Logger(label: "gatecast.\(service)") }

    // MARK: Gateway

    private func gateway(
        _ settings: GatewaySettings,
        _ source: ConfigurationSource,
        _ plan: UpPlan,
        _ stores: EventStores,
        _ services: [(name: String, address: String)]
    ) throws -> (ServiceGroup, Drain) {
        let listening = Mutex<[String: ListenAddress]>([:])
        let expected = settings.edge.internalListen == nil ? 2 : 3
        let assembly = try Assembly(
            settings: settings,
            source: source,
            stores: stores,
            group: group,
            metrics: telemetry.text,
            version: Version.text,
            logger: logger,
            onListening: { name, address in
                let all = listening.withLock {
                    $0[name] = address
                    return $0.count == expected ? $0 : nil
                }
                if let all { announce(all, plan, settings, services) }
            }
        )
        return (GatewayProcess.group(assembly.services, logger: logger), assembly.drain)
    }

    /// Everything accepts: leaves the admin address for `publish` and `tail`, and tells the user where to go.
    private func announce(
        _ listening: [String: ListenAddress],
        _ plan: UpPlan,
        _ settings: GatewaySettings,
        _ services: [(name: String, address: String)]
    ) {
        guard let admin = listening["admin"], let port = listening["public"]?.port else { return }
        do { try plan.folder.adminAddress.write("\(admin)") } catch {
            logger.warning("publish and tail will not find this process", metadata: ["error": "\(error)"])
        }
        let banner = UpBanner(
            origin: settings.edge.origins.first.map { $0.port == 0 ? "https://\($0.host):\(port)" : "\($0)" } ?? "",
            caPath: plan.caPath,
            data: settings.data,
            internalAddress: listening["internal"].map { "\($0)" } ?? "off",
            adminAddress: "\(admin)",
            stores: settings.summary,
            services: services,
            command: CommandLine.arguments[0]
        )
        print(banner.text)
        fflush(nil)
    }
}

// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation
internal import Gateway
internal import Logging
internal import NIOPosix
internal import ServiceLifecycle
internal import Settings

/// The gateway alone: `gatecast serve`.
struct GatewayProcess {
    var settings: GatewaySettings
    var source: ConfigurationSource
    var succession: Succession
    var telemetry: Telemetry

    func run() async throws {
        let logger = Logger(label: "gatecast")
        let group = MultiThreadedEventLoopGroup.singleton
        let stores = try EventStores(settings: settings, group: group, logger: logger)
        let assembly = try Assembly(
            settings: settings,
            source: source,
            succession: succession,
            stores: stores,
            group: group,
            metrics: telemetry.text,
            version: Version.text,
            logger: logger,
            onListening: { _, _ in }
        )
        let services = Self.group(stores.services + assembly.services, logger: logger)
        try await StopSignals.run(services, drain: assembly.drain)
        logger.info("stopped")
    }

    /// The longest drain is bounded, so that a supervisor never has to kill.
    static func group(_ services: [any Service], logger: Logger) -> ServiceGroup {
        var configuration = ServiceGroupConfiguration(
            services: services.map { .init(service: $0) },
            gracefulShutdownSignals: [],
            logger: logger
        )
        configuration.maximumGracefulShutdownDuration = .seconds(45)
        return ServiceGroup(configuration: configuration)
    }
}

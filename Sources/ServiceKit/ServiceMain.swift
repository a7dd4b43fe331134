// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation
package import Logging
internal import NIOPosix
package import Observability
package import ServiceLifecycle
internal import Settings
internal import UnixSignals

/// What the services' executables have in common.
package enum ServiceMain {
    package static let version = "0.1.0"

    /// sysexits' EX_CONFIG: a setting is wrong, starting again will not help.
    package static let badSettings: Int32 = 78

    /// Loads the settings, builds the service, runs it until SIGTERM or SIGINT and drains it.
    ///
    /// - Parameters:
    ///   - service: `users`, `tasks` or `notifications`.
    ///   - file: of `--config`.
    ///   - extraKeys: settings that only this service knows.
    ///   - install: puts the back ends of logs and metrics in place, before the first logger is made.
    ///   - build: everything to run, in the order of dependency; gets where finished spans go.
    /// - Returns: the exit code. Whatever went wrong has been said on standard error.
    package static func run(
        service: String,
        file: String?,
        extraKeys: [String] = [],
        environment: [String: String] = ProcessInfo.processInfo.environment,
        install: (ServiceSettings) -> Void,
        build: (ServiceSettings, (any SpanSink)?, Logger) async throws -> [any Service]
    ) async -> Int32 {
        do {
            let settings = try ServiceSettings.load(
                service: service,
                environment: environment,
                file: file,
                extraKeys: extraKeys
            )
            install(settings)
            var logger = Logger(label: "gatecast.\(service)")
            logger.logLevel = settings.logLevel
            let exporter = Self.exporter(settings, logger: logger)
            let services = try await build(settings, exporter, logger)
            // Started first, ended last: it sends what the others leave behind.
            try await Self.run((exporter.map { [$0] } ?? []) + services, logger: logger)
            return 0
        } catch let error as SettingsError {
            Self.say(service, "\(error)")
            return Self.badSettings
        } catch {
            Self.say(service, "\(error)")
            return 1
        }
    }

    /// Spans under the name `<service>-service`; `nil` without a collector.
    package static func exporter(_ settings: ServiceSettings, logger: Logger) -> OTLPExporter? {
        guard let endpoint = settings.collector else { return nil }
        var tracing = TracingSettings()
        tracing.service = "\(settings.service)-service"
        return OTLPExporter(
            endpoint: endpoint,
            settings: tracing,
            version: Self.version,
            group: MultiThreadedEventLoopGroup.singleton,
            logger: logger
        )
    }

    /// One group: started in order, stopped in the reverse order on SIGTERM or SIGINT; who is not done after 25 s is
    /// cancelled.
    package static func run(_ services: [any Service], logger: Logger) async throws {
        var configuration = ServiceGroupConfiguration(
            services: services,
            gracefulShutdownSignals: [.sigterm, .sigint],
            logger: logger
        )
        configuration.maximumGracefulShutdownDuration = .seconds(25)
        try await ServiceGroup(configuration: configuration).run()
    }

    static func say(_ service: String, _ text: String) {
        FileHandle.standardError.write(Data("\(service)-service: \(text)\n".utf8))
    }
}

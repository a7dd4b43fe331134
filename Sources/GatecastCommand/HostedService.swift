// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Gateway
internal import Logging
internal import ServiceLifecycle
internal import Settings

/// A service that runs inside `gatecast up`, in a group of its own so that it outlives the gateway's drain.
struct HostedService {
    /// Where it listens, the port being real; nil for one that does not listen.
    let address: ListenAddress?
    private let group: ServiceGroup

    func end() async { await group.triggerGracefulShutdown() }

    /// Starts a service that other services stand on.
    static func start(
        _ service: any Service,
        in tasks: inout ThrowingTaskGroup<Void, any Error>,
        logger: Logger
    ) -> HostedService {
        start(ServiceGroup(services: [service], logger: logger), in: &tasks)
    }

    static func start(_ group: ServiceGroup, in tasks: inout ThrowingTaskGroup<Void, any Error>) -> HostedService {
        tasks.addTask { try await group.run() }
        return HostedService(address: nil, group: group)
    }

    /// The gateway, which alone listens to signals.
    static func start(
        _ group: ServiceGroup,
        drain: Drain,
        in tasks: inout ThrowingTaskGroup<Void, any Error>
    ) -> HostedService {
        tasks.addTask { try await StopSignals.run(group, drain: drain) }
        return HostedService(address: nil, group: group)
    }

    /// Starts what `build` makes and waits until it listens.
    /// - Throws: what ended the service, where it ended instead (a taken port, a broken database).
    static func start(
        _ name: String,
        in tasks: inout ThrowingTaskGroup<Void, any Error>,
        logger: Logger,
        build: (@escaping @Sendable (ListenAddress) -> Void) async throws -> any Service
    ) async throws -> HostedService {
        let (addresses, continuation) = AsyncStream<ListenAddress>.makeStream()
        let service = try await build { continuation.yield($0) }
        let group = ServiceGroup(services: [service], logger: logger)
        tasks.addTask {
            defer { continuation.finish() }
            try await group.run()
        }
        for await address in addresses { return HostedService(address: address, group: group) }
        try await tasks.next()
        throw Ended(name: name)
    }

    struct Ended: Error, CustomStringConvertible {
        var name: String
        var description: String { "the \(name) service ended while it started" }
    }
}

// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

package import Logging
package import NIOCore
internal import ServiceLifecycle
internal import Synchronization

/// Asks the endpoints of every upstream with `health` how they are, each at its own pace, until graceful shutdown.
/// Follows reloads: what an endpoint is asked, and whether at all, is looked up before each question.
package struct HealthChecker: Service {
    /// How soon a new endpoint is noticed.
    private static let lookAround = Duration.milliseconds(500)

    private let upstreams: @Sendable () -> [Upstream]
    private let group: any EventLoopGroup
    private let logger: Logger

    package init(upstreams: @escaping @Sendable () -> [Upstream], group: any EventLoopGroup, logger: Logger) {
        self.upstreams = upstreams
        self.group = group
        self.logger = logger
    }

    package func run() async {
        await cancelWhenGracefulShutdown {
            await withDiscardingTaskGroup { tasks in
                let watched = WatchList()
                while !Task.isCancelled {
                    for (upstream, endpoint) in self.endpoints() where watched.add(endpoint) {
                        tasks.addTask {
                            await self.watch(endpoint, of: upstream.name)
                            watched.remove(endpoint)
                        }
                    }
                    // Ends early only when cancelled, and then so does the loop.
                    try? await Task.sleep(for: Self.lookAround)
                }
            }
        }
    }

    private func endpoints() -> [(Upstream, EndpointState)] {
        self.upstreams().filter { $0.settings.health != nil }.flatMap { upstream in
            upstream.endpoints.map { (upstream, $0) }
        }
    }

    private func watch(_ endpoint: EndpointState, of name: String) async {
        var rule = HealthRule(isOut: endpoint.isDown)
        while !Task.isCancelled,
            let (upstream, _) = self.endpoints().first(where: { $0.1 === endpoint }),
            let settings = upstream.settings.health
        {
            let failure = await HealthProbe(endpoint: endpoint, settings: settings).run(on: self.group.next())
            self.carryOut(rule.record(isWell: failure == nil), on: endpoint, of: name, because: failure)
            let pause = HealthRule.pause(settings.interval, chance: .random(in: 0...1))
            // Ends early only when cancelled, and then so does the loop.
            try? await Task.sleep(for: .nanoseconds(pause.nanoseconds))
        }
    }

    private func carryOut(_ change: HealthRule.Change, on endpoint: EndpointState, of name: String, because: String?) {
        guard change != .none else { return }
        endpoint.mark(down: change == .wentOut)
        self.logger.log(
            level: change == .wentOut ? .warning : .notice,
            change == .wentOut ? "upstream endpoint out by its checks" : "upstream endpoint back by its checks",
            metadata: [
                "upstream": .string(name), "endpoint": .string(endpoint.name), "detail": .string(because ?? "well"),
            ]
        )
    }
}

/// Which endpoints have their task.
private final class WatchList: Sendable {
    private let endpoints = Mutex<Set<ObjectIdentifier>>([])

    func add(_ endpoint: EndpointState) -> Bool {
        self.endpoints.withLock { $0.insert(ObjectIdentifier(endpoint)).inserted }
    }

    func remove(_ endpoint: EndpointState) {
        self.endpoints.withLock { _ = $0.remove(ObjectIdentifier(endpoint)) }
    }
}

// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

package import Logging
internal import Metrics
internal import NIOCore
internal import ServiceLifecycle
internal import Settings

/// Looks up the names among upstream endpoints, off the loops, at the start and every `resolve`; loops see the result
/// with their next request. A look-up that fails changes nothing: what was found last stays in use.
package struct AddressResolver: Service {
    typealias Lookup = @Sendable (ListenAddress) async throws -> [SocketAddress]

    /// How soon a name that a reload brought is noticed.
    private static let lookAround = Duration.milliseconds(100)

    private let upstreams: @Sendable () -> [Upstream]
    private let lookup: Lookup
    private let logger: Logger

    package init(upstreams: @escaping @Sendable () -> [Upstream], logger: Logger) {
        self.init(upstreams: upstreams, lookup: AddressLookup.resolve, logger: logger)
    }

    init(upstreams: @escaping @Sendable () -> [Upstream], lookup: @escaping Lookup, logger: Logger) {
        self.upstreams = upstreams
        self.lookup = lookup
        self.logger = logger
    }

    package func run() async {
        await cancelWhenGracefulShutdown {
            /// When each upstream was looked up last; one that is gone takes its entry along.
            var lookedUp: [ObjectIdentifier: NIODeadline] = [:]
            while !Task.isCancelled {
                let upstreams = self.upstreams().filter { !$0.names.isEmpty }
                let now = NIODeadline.now()
                let due = upstreams.filter { upstream in
                    guard let last = lookedUp[ObjectIdentifier(upstream)] else { return true }
                    return now - last >= upstream.settings.resolveInterval
                }
                await withDiscardingTaskGroup { tasks in
                    for upstream in due { tasks.addTask { await self.resolve(upstream) } }
                }
                let present = Set(upstreams.map { ObjectIdentifier($0) })
                lookedUp = lookedUp.filter { present.contains($0.key) }
                for upstream in due { lookedUp[ObjectIdentifier(upstream)] = now }
                // Ends early only when cancelled, and then so does the loop.
                try? await Task.sleep(for: Self.lookAround)
            }
        }
    }

    func resolve(_ upstream: Upstream) async {
        var answers: [ListenAddress: [[SocketAddress]]] = [:]
        for name in upstream.names {
            do {
                answers[name] = AddressLookup.endpoints(of: try await self.lookup(name))
                self.count(upstream, "ok")
            } catch {
                self.count(upstream, "failed")
                self.logger.warning(
                    "upstream name not found; what was known of it stays in use",
                    metadata: ["upstream": .string(upstream.name), "name": "\(name)", "error": "\(error)"]
                )
            }
        }
        guard upstream.found(answers) else { return }
        self.logger.info(
            "upstream addresses",
            metadata: [
                "upstream": .string(upstream.name),
                "addresses": .array(upstream.endpoints.map { "\($0.candidates[0])" }),
            ]
        )
    }

    private func count(_ upstream: Upstream, _ outcome: String) {
        Counter(
            label: "gatecast_upstream_lookups_total",
            dimensions: [("upstream", upstream.name), ("outcome", outcome)]
        ).increment()
    }
}

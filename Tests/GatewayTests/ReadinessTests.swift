// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import ServiceLifecycle
import StrictJSON
import Synchronization
import Testing

@testable import Gateway

@Suite("Readiness", .timeLimit(.minutes(5)))
struct ReadinessTests {
    @Test("Is yes while every check is, asked anew each time")
    func checks() {
        let problem = Mutex<String?>(nil)
        let readiness = Readiness(checks: [.init("log") { problem.withLock { $0 } }, .init("live") { nil }])
        #expect(readiness.report().isReady)
        problem.withLock { $0 = "reader behind" }
        #expect(!readiness.report().isReady)
        #expect(readiness.report().body == ["ready": false, "draining": false, "log": "reader behind", "live": "ok"])
        problem.withLock { $0 = nil }
        #expect(readiness.report().body == ["ready": true, "draining": false, "log": "ok", "live": "ok"])
    }

    @Test("A check that is not required is told, and keeps nobody out")
    func optional() {
        let readiness = Readiness(checks: [.init("log", isRequired: false) { "away" }, .init("live") { nil }])
        #expect(readiness.report().isReady)
        #expect(readiness.report().body == ["ready": true, "draining": false, "log": "away", "live": "ok"])
        readiness.drain()
        #expect(!readiness.report().isReady)
    }

    @Test("Is no from the drain on, for good")
    func drain() {
        let readiness = Readiness(checks: [])
        #expect(readiness.report().body == ["ready": true, "draining": false])
        readiness.drain()
        readiness.drain()
        #expect(!readiness.report().isReady)
        #expect(readiness.report().body == ["ready": false, "draining": true])
    }

    @Test("A shutdown drains before the services that started earlier end")
    func gate() async throws {
        let readiness = Readiness(checks: [])
        let seen = Mutex<Bool?>(nil)
        let earlier = Earlier { seen.withLock { $0 = readiness.report().isReady } }
        let group = ServiceGroup(
            services: [earlier, ReadinessGate(readiness: readiness) {}],
            logger: AdminHarness.logger
        )
        async let run: Void = group.run()
        for await _ in earlier.started { break }
        await group.triggerGracefulShutdown()
        try await run
        #expect(seen.withLock { $0 } == false)
    }

    /// Says when it runs; calls back when it is told to end.
    private struct Earlier: Service {
        let started: AsyncStream<Void>
        private let continuation: AsyncStream<Void>.Continuation
        private let onEnd: @Sendable () -> Void

        init(onEnd: @escaping @Sendable () -> Void) {
            (started, continuation) = AsyncStream.makeStream()
            self.onEnd = onEnd
        }

        func run() async throws {
            continuation.yield()
            try await gracefulShutdown()
            onEnd()
        }
    }
}

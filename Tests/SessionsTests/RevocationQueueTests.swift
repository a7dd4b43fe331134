// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import Logging
import StrictJSON
import Synchronization
import TestSupport
import Testing

@testable import Sessions

@Suite("Revocations at the backend")
struct RevocationQueueTests {
    /// Never answers, until the caller gives up.
    private final class SilentBackend: IdentityProvider {
        let asked = Mutex(0)

        func login(_ fields: JSONValue, from client: ClientHint) async throws(IdentityError) -> IssuedTokens {
            throw .notOffered
        }
        func refresh(_ token: String) async throws(IdentityError) -> IssuedTokens { throw .notOffered }
        func register(_ fields: JSONValue, from client: ClientHint) async throws(IdentityError) { throw .notOffered }
        func revoke(_ token: String) async throws(IdentityError) {
            asked.withLock { $0 += 1 }
            do { try await forever() } catch { throw .noAnswer("gone") }
        }
    }

    /// Counts the lines about tokens that were given up.
    private struct CountingHandler: LogHandler {
        let lines: Lines
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.trace
        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            if event.message.description.contains("was not revoked") { lines.count.withLock { $0 += 1 } }
        }
    }

    private final class Lines: Sendable {
        let count = Mutex(0)
    }

    @Test("Each token under way or waiting at shutdown gets a log line", .timeLimit(.minutes(5)))
    func shutdown() async throws {
        let backend = SilentBackend()
        let lines = Lines()
        let logger = Logger(label: "tests") { _ in CountingHandler(lines: lines) }
        let queue = RevocationQueue(provider: backend, clock: .system, logger: logger)
        let running = Task { await queue.run() }
        for n in 0..<20 { queue.add("token-\(n)") }
        try await eventually { backend.asked.withLock { $0 } == RevocationQueue.underWay }
        running.cancel()
        await running.value
        #expect(lines.count.withLock { $0 } == 20)
    }
}

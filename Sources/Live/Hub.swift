// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

package import EventLog
package import Foundation
package import Logging
package import NIOCore
internal import ServiceLifecycle
internal import Synchronization
package import Wire

/// The whole fan-out of this node: reads the log once, and has one shard per event loop. All its methods may be called
/// from any thread, except `shard(on:)`.
package final class Hub: Service, Sendable {
    /// The sink of log and lane. `run()` attaches it; tests may feed it directly.
    package let reader: LogReader

    private let core: HubCore
    private let shards: Shards
    private let log: any EventLog
    private let lane: any EphemeralLane
    private let sessionCheck: @Sendable (LiveSessionKey) async -> LiveSessionState

    /// - Parameters:
    ///   - group: the loops that connections live on.
    ///   - sessionCheck: asks the session store; called for at most 16 sessions at a time.
    ///   - sessionActivity: `sub` and `unsub` count as use of the session.
    ///   - wallClock: for the ends of sessions; tests set it.
    package init(
        settings: LiveSettings,
        log: any EventLog,
        lane: any EphemeralLane,
        group: any EventLoopGroup,
        sessionCheck: @escaping @Sendable (LiveSessionKey) async -> LiveSessionState,
        sessionActivity: @escaping @Sendable (LiveSessionKey) -> Void = { _ in },
        wallClock: @escaping @Sendable () -> Date = { Date() },
        logger: Logger
    ) {
        core = HubCore(settings: settings, logger: logger, wallClock: wallClock, sessionActivity: sessionActivity)
        shards = Shards(group: group, core: core)
        reader = LogReader(core: core, shards: shards)
        self.log = log
        self.lane = lane
        self.sessionCheck = sessionCheck
    }

    /// On that loop, which must be one of the group's.
    package func shard(on loop: any EventLoop) -> HubShard {
        loop.preconditionInEventLoop()
        return shards.shard(on: loop)
    }

    /// Where the reader of the log is: `Live-Cursor`. Never waits.
    package var position: Cursor { core.position.load() }

    /// Preloaded, not draining, and the log's reader sees what is published.
    package var isReady: Bool { notReadyReason == nil }

    /// For `/readyz`.
    package var notReadyReason: String? {
        if core.isDraining.load(ordering: .relaxed) { return "draining" }
        if !core.isPreloaded.load(ordering: .acquiring) { return "preloading" }
        if let silence = shards.longestSilence(now: .now()), silence > Hub.patience {
            return "an event loop has not answered for \(silence.nanoseconds / 1_000_000) ms"
        }
        return log.readiness.reason
    }

    /// Loops tick every second; one that is a second late is in trouble.
    private static let patience = TimeAmount.seconds(2)

    /// Connections of this node.
    package var connectionCount: Int { core.admission.connections }

    // MARK: Service

    /// Reads log and lane until cancelled or told to shut down. Connections are ended by `drain(window:)`, before.
    package func run() async throws {
        let shards = shards
        let core = core
        let sessionCheck = sessionCheck
        try await cancelWhenGracefulShutdown {
            try await withThrowingTaskGroup { group in
                group.addTask { try await self.log.run(into: self.reader) }
                group.addTask { try await self.lane.run(into: self.reader) }
                group.addTask {
                    await core.questions.answerSessions(check: sessionCheck) { key, state in
                        shards.post(.session(key, state, wallClock: core.wallClock()))
                    }
                }
                group.addTask { await core.questions.answerExtent { await self.askExtent() } }
                // None of them ends by itself: the first end is a cancellation or an error, and ends the rest.
                defer { shards.post(.stop) }
                try await group.next()
                group.cancelAll()
                try await group.waitForAll()
            }
        }
    }

    private func askExtent() async {
        do {
            shards.post(.extent(try await log.extent().last))
        } catch {
            core.logger.debug("live log did not tell its extent", metadata: ["error": "\(error)"])
            shards.post(.extent(nil))
        }
    }

    // MARK: Ends

    package func closeSession(_ key: LiveSessionKey, _ code: CloseCode) {
        shards.post(.close(.session(key), code, since: .now()))
    }

    /// By the session's public id, as the admin API names it.
    package func closeSession(publicID: String, _ code: CloseCode) {
        shards.post(.close(.publicSession(publicID), code, since: .now()))
    }

    package func closeUser(_ subject: String, _ code: CloseCode) {
        shards.post(.close(.user(subject), code, since: .now()))
    }

    /// Its tokens were replaced, or somebody doubts it: it is asked about again, and its topics are judged anew.
    package func sessionChanged(_ key: LiveSessionKey) { core.questions.ask(about: key) }

    /// Ends of sessions may have gone by unheard: all that own connections are asked about at once.
    package func sweepSessions() { shards.post(.sweep) }

    /// No more joins; each connection gets `bye` and 4200 at its own instant of the window. Returns once all have gone, paced
    /// at 200 per 10 ms and loop, so a little after the window at the latest.
    /// - Parameter othersRunning: other nodes serve on, so clients may come back soon; nil: whether the log hears of any.
    package func drain(window: Duration, othersRunning: Bool? = nil) async {
        let othersRunning = othersRunning ?? log.hasPeers
        core.isDraining.store(true, ordering: .relaxed)
        let window = TimeAmount(window)
        let done = shards.slots.map { slot in
            let promise = slot.loop.makePromise(of: Void.self)
            shards.post(.drain(window: window, othersRunning: othersRunning, done: promise), to: slot)
            return promise.futureResult
        }
        for future in done {
            // Only a loop that is shut down fails it, and then its connections are gone too.
            _ = try? await future.get()
        }
    }

    // MARK: Admin

    /// This node's connections, those furthest behind first.
    /// - Parameter limit: so many of them are described; all are counted.
    package func connections(_ query: ConnectionQuery, limit: Int) async -> (count: Int, first: [ConnectionInfo]) {
        var count = 0
        var connections: [ConnectionInfo] = []
        for slot in shards.slots {
            let shards = shards
            let part = try? await slot.loop.submit { [loop = slot.loop] in
                shards.shard(on: loop).connections(query, limit: limit)
            }.get()
            // A loop that is shut down has no connections.
            guard let part else { continue }
            count += part.count
            connections += part.first
        }
        connections.sort { ($0.lagMilliseconds, $0.bytesInFlight) > ($1.lagMilliseconds, $1.bytesInFlight) }
        return (count, Array(connections.prefix(limit)))
    }
}

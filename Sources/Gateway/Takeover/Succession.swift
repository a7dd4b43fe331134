// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Edge
internal import Live
internal import Logging
internal import Settings
internal import StrictJSON
internal import Synchronization

/// Between which processes this one stands: whose sockets it goes on with, and whether a successor may ask for them.
package final class Succession: Sendable {
    package let sockets: InheritedSockets
    let predecessor: Predecessor?
    let isOffered: Bool
    /// What the predecessor's sockets are for and does not listen yet.
    private let missing: Mutex<Set<String>>

    /// - Parameters:
    ///   - sockets: of a supervisor; a predecessor's come before them.
    ///   - isOffered: whether a successor finds this process. Not where services share it, which no other process can have too.
    package init(
        sockets: InheritedSockets = InheritedSockets(),
        predecessor: Predecessor? = nil,
        isOffered: Bool = false
    ) {
        self.predecessor = predecessor
        self.isOffered = isOffered
        self.sockets = predecessor?.sockets ?? sockets
        missing = Mutex(Set((predecessor?.sockets.sockets.keys).map { $0.map(\.rawValue) } ?? []))
    }

    /// Why these settings do not let two processes run side by side; nil: they do.
    package static func objection(to settings: GatewaySettings) -> String? {
        guard settings.redis == nil, let file = settings.live.log.file else { return nil }
        return """
            --takeover: \(file) is one process's log, and two run for a while. Set redis.url, or leave live.log.file out (live clients \
            are then told gap reset at every takeover)
            """
    }

    /// A successor accepts nothing before it is ready; meanwhile its predecessor serves.
    func wait(for readiness: Readiness) async throws {
        guard predecessor != nil else { return }
        let clock = ContinuousClock()
        let end = clock.now + .seconds(TakeoverProtocol.patience - 10)
        while !readiness.report().isReady {
            guard clock.now < end else {
                throw NotReady(body: String(decoding: readiness.report().body.encoded(), as: UTF8.self))
            }
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    private struct NotReady: Error, CustomStringConvertible {
        var body: String
        var description: String { "this process did not become ready, so it took nothing over: \(body)" }
    }

    /// A listener accepts. Once all do that the predecessor had, it may drain.
    func listening(_ name: String, logger: Logger) {
        guard let predecessor else { return }
        let isComplete = missing.withLock { missing in
            missing.remove(name) != nil && missing.isEmpty
        }
        guard isComplete else { return }
        do {
            try predecessor.confirm()
            logger.info("took over from the process that ran before")
        } catch {
            logger.warning("the process that ran before is gone already", metadata: ["error": "\(error)"])
        }
    }
}

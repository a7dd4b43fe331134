// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation
internal import NIOCore
internal import Sessions

/// The tunnels of one loop by session, so that a session's end finds them. Loop-bound.
final class TunnelTable {
    /// A session's end may have been told while this node could not hear: the store is asked about each this often.
    private static let sweepInterval = TimeAmount.seconds(30)

    private var bySession: [SessionKey: [Tunnel]] = [:]
    private var asked: Set<SessionKey> = []
    private var sweptAt = NIODeadline.now()

    func add(_ tunnel: Tunnel) {
        guard let key = tunnel.sessionKey else { return }
        self.bySession[key, default: []].append(tunnel)
    }

    func remove(_ tunnel: Tunnel) {
        guard let key = tunnel.sessionKey, var tunnels = self.bySession.removeValue(forKey: key) else { return }
        tunnels.removeAll { $0 === tunnel }
        if !tunnels.isEmpty { self.bySession[key] = tunnels }
    }

    func sessionChanged(_ event: SessionEvent) {
        guard case .ended(let key, let reason) = event else { return }
        for tunnel in self.bySession[key] ?? [] { tunnel.session(is: .ended(reason)) }
    }

    func tick(now: NIODeadline, on worker: EdgeWorker) {
        if now - self.sweptAt >= Self.sweepInterval { self.sweep(on: worker) }
    }

    func sweep(on worker: EdgeWorker) {
        self.sweptAt = .now()
        self.ask(about: Array(self.bySession.keys), on: worker)
    }

    /// Loop → async and back, one question after another; a session asked about already is not asked about again.
    func ask(about keys: [SessionKey], on worker: EdgeWorker) {
        let keys = keys.filter { self.asked.insert($0).inserted }
        guard !keys.isEmpty, let sessions = worker.shared.services.sessions else { return }
        let promise = worker.loop.makePromise(of: [(SessionKey, SessionCheck)].self)
        promise.completeWithTask {
            var answers: [(SessionKey, SessionCheck)] = []
            for key in keys { answers.append((key, await sessions.check(key))) }
            return answers
        }
        promise.futureResult.assumeIsolated().whenComplete { result in
            // The task throws nothing; a loop that is shutting down has no tunnels left.
            self.asked.subtract(keys)
            guard case .success(let answers) = result else { return }
            for (key, check) in answers {
                for tunnel in self.bySession[key] ?? [] { tunnel.session(is: check) }
            }
        }
    }
}

@available(*, unavailable) extension TunnelTable: Sendable {}

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
    /// Questions under way; `true`: ask once more, for something may have happened since the store was read.
    private var asked: [SessionKey: Bool] = [:]
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

    /// Loop → async and back, one question after another.
    func ask(about keys: [SessionKey], on worker: EdgeWorker) {
        guard let sessions = worker.shared.services.sessions else { return }
        var new: [SessionKey] = []
        for key in keys where self.asked.updateValue(self.asked[key] != nil, forKey: key) == nil { new.append(key) }
        guard !new.isEmpty else { return }
        let questions = new
        let promise = worker.loop.makePromise(of: [(SessionKey, SessionCheck)].self)
        promise.completeWithTask {
            var answers: [(SessionKey, SessionCheck)] = []
            for key in questions { answers.append((key, await sessions.check(key))) }
            return answers
        }
        promise.futureResult.assumeIsolated().whenComplete { result in
            let again = questions.filter { self.asked.removeValue(forKey: $0) == true }
            // The task throws nothing; a loop that is shutting down has no tunnels left.
            guard case .success(let answers) = result else { return }
            for (key, check) in answers {
                for tunnel in self.bySession[key] ?? [] { tunnel.session(is: check) }
            }
            self.ask(about: again, on: worker)
        }
    }
}

@available(*, unavailable) extension TunnelTable: Sendable {}

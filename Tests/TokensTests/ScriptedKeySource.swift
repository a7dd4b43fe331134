// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import Synchronization

@testable import Tokens

/// Plays key sets and failures in order; the last one stays. Counts how often it was asked.
final class ScriptedKeySource: KeySetSource {
    enum Step: Sendable {
        case keys(KeySet)
        case failure
    }

    private let state: Mutex<(steps: [Step], asked: Int)>

    init(_ steps: [Step]) { self.state = Mutex((steps, 0)) }

    var asked: Int { self.state.withLock { $0.asked } }

    func set(_ step: Step) { self.state.withLock { $0.steps = [step] } }

    func fetch(_ url: String) async throws(KeySetFetchError) -> FetchedKeySet {
        let step = self.state.withLock { state in
            state.asked += 1
            return state.steps.count > 1 ? state.steps.removeFirst() : state.steps[0]
        }
        switch step {
        case .keys(let keys): return FetchedKeySet(keys: keys, maxAge: nil)
        case .failure: throw KeySetFetchError(.unreachable, "told to")
        }
    }
}

/// A clock that stands until it is moved. Sleepers wake when it passes their time.
final class SteppedClock: Clock {
    struct Instant: InstantProtocol {
        var offset: Duration
        func advanced(by duration: Duration) -> Instant { Instant(offset: self.offset + duration) }
        func duration(to other: Instant) -> Duration { other.offset - self.offset }
        static func < (a: Instant, b: Instant) -> Bool { a.offset < b.offset }
    }

    private struct State {
        var now = Instant(offset: .zero)
        var sleepers: [Int: (deadline: Instant, continuation: CheckedContinuation<Void, any Error>)] = [:]
        var cancelled: Set<Int> = []
        var next = 0
    }

    private let state = Mutex(State())

    var now: Instant { self.state.withLock { $0.now } }
    var minimumResolution: Duration { .zero }
    var sleeperCount: Int { self.state.withLock { $0.sleepers.count } }

    func advance(by duration: Duration) {
        let due = self.state.withLock { state in
            state.now = state.now.advanced(by: duration)
            let due = state.sleepers.filter { $0.value.deadline <= state.now }
            for id in due.keys { state.sleepers[id] = nil }
            return due.values.map(\.continuation)
        }
        for continuation in due { continuation.resume() }
    }

    func sleep(until deadline: Instant, tolerance: Duration?) async throws {
        let id = self.state.withLock { state in
            state.next += 1
            return state.next
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                let isOver = self.state.withLock { state -> Bool? in
                    if state.cancelled.remove(id) != nil { return nil }
                    if deadline <= state.now { return true }
                    state.sleepers[id] = (deadline, continuation)
                    return false
                }
                switch isOver {
                case nil: continuation.resume(throwing: CancellationError())
                case true?: continuation.resume()
                case false?: break
                }
            }
        } onCancel: {
            let sleeper = self.state.withLock { state in
                let sleeper = state.sleepers.removeValue(forKey: id)
                if sleeper == nil { state.cancelled.insert(id) }
                return sleeper
            }
            sleeper?.continuation.resume(throwing: CancellationError())
        }
    }
}

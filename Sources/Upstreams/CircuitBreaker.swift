// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import DequeModule
internal import Synchronization

/// Bounds how many exchanges an upstream has at a time, over all loops, with a line behind them (proxy.md §8).
///
/// The word is an `Occupancy`. While nobody waits, coming and going is one compare-and-swap. Whoever makes, shortens or
/// serves the line holds the lock; so while there is a line, only holders of the lock change the word, and the line is
/// always as long as the word says.
final class CircuitBreaker<Waiter: AnyObject & Sendable>: Sendable {
    enum Admission: Equatable { case admitted, waiting, refused }

    private let word = Atomic<UInt64>(0)
    private let line = Mutex<Deque<Waiter>>([])

    var occupancy: Occupancy { Occupancy(rawValue: self.word.load(ordering: .relaxed)) }

    /// Pair `admitted` with `leave`. `waiter` is made and kept only for `waiting`.
    /// - Parameter limits: may change from call to call, as they do with a reload.
    func enter(_ limits: Occupancy.Limits, orWait waiter: () -> Waiter) -> Admission {
        while case .admit(let next) = self.occupancy.entry(limits) {
            if self.exchange(for: next, where: { $0.entry(limits) == .admit(next) }) { return .admitted }
        }
        return self.line.withLock { line in
            while true {
                switch self.occupancy.entry(limits) {
                case .admit(let next):
                    if self.exchange(for: next, where: { $0.entry(limits) == .admit(next) }) { return .admitted }
                case .wait(let next):
                    guard self.exchange(for: next, where: { $0.entry(limits) == .wait(next) }) else { continue }
                    line.append(waiter())
                    return .waiting
                case .refuse:
                    return .refused
                }
            }
        }
    }

    /// Whose turn it is now: the place is theirs already, and theirs to leave.
    func leave() -> Waiter? {
        while case .free(let next) = self.occupancy.exit() {
            if self.exchange(for: next, where: { $0.exit() == .free(next) }) { return nil }
        }
        return self.line.withLock { line in
            while true {
                switch self.occupancy.exit() {
                case .free(let next):
                    if self.exchange(for: next, where: { $0.exit() == .free(next) }) { return nil }
                case .handOver(let next):
                    guard self.exchange(for: next, where: { $0.exit() == .handOver(next) }) else { continue }
                    return line.popFirst()
                }
            }
        }
    }

    /// False: its turn has come already, and it will hear of that.
    func withdraw(_ waiter: Waiter) -> Bool {
        self.line.withLock { line in
            guard let index = line.firstIndex(where: { $0 === waiter }) else { return false }
            line.remove(at: index)
            self.word.store(self.occupancy.withdrawal().rawValue, ordering: .relaxed)
            return true
        }
    }

    /// Puts `next` in place of what is there, if that still leads to it.
    private func exchange(for next: Occupancy, where leads: (Occupancy) -> Bool) -> Bool {
        let current = self.occupancy
        guard leads(current) else { return false }
        return self.word.weakCompareExchange(
            expected: current.rawValue,
            desired: next.rawValue,
            ordering: .relaxed
        ).exchanged
    }
}

// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import NIOCore

/// A mass change spread over time: closing thousands of sockets, or telling everybody of a gap. In random order, evenly
/// over the window, so that those concerned do not come back as one wave. Pure.
struct PacedRun<Element> {
    private var elements: [Element]
    private let start: NIODeadline
    private let window: TimeAmount

    /// `window` zero: as fast as the turns allow.
    init(_ elements: [Element], start: NIODeadline, window: TimeAmount) {
        self.elements = elements.shuffled()
        self.start = start
        self.window = window
        total = elements.count
    }

    private let total: Int

    var isFinished: Bool { elements.isEmpty }

    /// Those whose instant has come, at most `limit`.
    mutating func next(now: NIODeadline, limit: Int) -> [Element] {
        let elapsed = max(0, (now - start).nanoseconds)
        let done = total - elements.count
        let share = window.nanoseconds <= 0 ? 1 : min(1, Double(elapsed) / Double(window.nanoseconds))
        let count = min(limit, elements.count, Int((Double(total) * share).rounded(.up)) - done)
        guard count > 0 else { return [] }
        let next = elements.suffix(count)
        elements.removeLast(count)
        return Array(next)
    }
}

// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

/// One worker's share: which kinds it does, how many it takes at a time, and how it is woken.
struct JobLane: Sendable {
    let kinds: [String]
    let batch: Int
    let wakes: AsyncStream<Void>
    private let waker: AsyncStream<Void>.Continuation

    init(kinds: [String], batch: Int) {
        self.kinds = kinds
        self.batch = batch
        (self.wakes, self.waker) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    func wake() { self.waker.yield() }
}

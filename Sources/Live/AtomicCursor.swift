// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Synchronization
internal import Wire

/// A cursor that one thread writes and many read without waiting: a sequence lock over atomics, so that the request path
/// pays three plain loads and never touches a cache line for writing.
final class AtomicCursor: Sendable {
    private let version = Atomic<UInt64>(0)
    private let milliseconds = Atomic<UInt64>(0)
    private let sequence = Atomic<UInt64>(0)

    /// By the reader of the log only.
    func store(_ cursor: Cursor) {
        let now = version.load(ordering: .relaxed)
        version.store(now &+ 1, ordering: .relaxed)
        atomicMemoryFence(ordering: .releasing)
        milliseconds.store(cursor.milliseconds, ordering: .relaxed)
        sequence.store(cursor.sequence, ordering: .relaxed)
        version.store(now &+ 2, ordering: .releasing)
    }

    /// Repeats only while a store is under way.
    func load() -> Cursor {
        while true {
            let before = version.load(ordering: .acquiring)
            let cursor = Cursor(
                milliseconds: milliseconds.load(ordering: .relaxed),
                sequence: sequence.load(ordering: .relaxed)
            )
            atomicMemoryFence(ordering: .acquiring)
            if before & 1 == 0, version.load(ordering: .relaxed) == before { return cursor }
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import NIOCore
internal import Sessions
internal import Synchronization

/// The loops' workers, found by loop: once per accepted connection and per session event, never per request.
final class WorkerTable: Sendable {
    private struct Entry: Sendable {
        let loop: any EventLoop
        let worker: NIOLoopBound<EdgeWorker>
    }

    private let entries = Mutex<[ObjectIdentifier: Entry]>([:])

    func add(_ worker: NIOLoopBound<EdgeWorker>, loop: any EventLoop) {
        self.entries.withLock { $0[ObjectIdentifier(loop)] = Entry(loop: loop, worker: worker) }
    }

    /// After a drain: nothing is accepted, heard or told any more.
    func removeAll() { self.entries.withLock { $0 = [:] } }

    /// Call on `loop`.
    func worker(on loop: any EventLoop) -> EdgeWorker? {
        self.entries.withLock { $0[ObjectIdentifier(loop)] }?.worker.value
    }

    func sessionChanged(_ event: SessionEvent) {
        for entry in self.entries.withLock({ Array($0.values) }) {
            entry.loop.execute { entry.worker.value.sessionChanged(event) }
        }
    }

    /// Other nodes' session events may have been missed: whoever holds a session asks about it again.
    func sessionsMayHaveChanged() {
        for entry in self.entries.withLock({ Array($0.values) }) {
            entry.loop.execute { entry.worker.value.tunnels.sweep(on: entry.worker.value) }
        }
    }

    /// Returns once every loop reads the new snapshot.
    func adopt(_ shared: EdgeShared) async {
        let futures = self.entries.withLock { Array($0.values) }.map { entry in
            entry.loop.submit { entry.worker.value.adopt(shared) }
        }
        // Only a loop that is shut down fails it, and then it has no requests.
        for future in futures { _ = try? await future.get() }
    }

    /// Ends what a drain waits for, after `delay`; nothing where none has begun by then.
    func cut(in delay: TimeAmount) {
        for entry in self.entries.withLock({ Array($0.values) }) {
            entry.loop.scheduleTask(in: delay) { entry.worker.value.endDrain() }
        }
    }

    /// Returns when every connection of every loop is gone, `window` at the latest.
    func drain(window: TimeAmount) async {
        let entries = self.entries.withLock { Array($0.values) }
        let futures = entries.map { entry in
            entry.loop.flatSubmit { entry.worker.value.drain(window: window) }
        }
        for future in futures {
            // A drain future never fails: it ends when the last connection did.
            try? await future.get()
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Synchronization

/// The list behind one lock, with two numbers beside it that the request path reads without the lock.
final class SharedRevocations: Sendable {
    private struct State {
        var list = RevocationList()
        var isKnown = true
    }

    private let state = Mutex(State())
    private let currentEpoch = Atomic<UInt64>(0)
    /// Nothing is revoked and nothing is awaited: the usual case.
    private let isIdle = Atomic<Bool>(true)

    var epoch: UInt64 { self.currentEpoch.load(ordering: .acquiring) }

    func refuses(_ token: VerifiedToken) -> Bool {
        guard !self.isIdle.load(ordering: .acquiring) else { return false }
        return self.state.withLock { $0.list.refuses(token) }
    }

    /// Throws where the list has not been read yet: doubt opens no door.
    func check(_ token: VerifiedToken) throws(TokenError) {
        guard !self.isIdle.load(ordering: .acquiring) else { return }
        let verdict = self.state.withLock { state -> TokenError.Reason? in
            state.isKnown ? (state.list.refuses(token) ? .revoked : nil) : .revocationsUnavailable
        }
        if let verdict { throw TokenError(verdict, offeredKey: token.offeredKey) }
    }

    func expect() {
        self.state.withLock { $0.isKnown = false }
        self.publish()
    }

    func insert(_ entry: RevocationList.Entry, now: Int64) throws(RevocationList.Full) {
        let result = self.state.withLock { state -> Result<Void, RevocationList.Full> in
            Result { () throws(RevocationList.Full) in try state.list.insert(entry, now: now) }
        }
        try result.get()
        self.publish()
    }

    func replace(_ list: RevocationList) {
        self.state.withLock {
            $0.list = list
            $0.isKnown = true
        }
        self.publish()
    }

    /// After the list: who reads the new epoch finds the new list.
    private func publish() {
        // Stored within the lock, or an older answer could overtake a newer one.
        self.state.withLock { self.isIdle.store($0.isKnown && $0.list.isEmpty, ordering: .releasing) }
        self.currentEpoch.add(1, ordering: .acquiringAndReleasing)
    }
}

// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import NIOCore

/// Bytes of a request's body that stay at hand: those that wait for a connection, and those that were sent and may be
/// needed for a second try.
struct HeldBody {
    /// Bytes that may wait before the caller should stop.
    static let limit = 64 * 1024

    private var waiting: [ByteBuffer] = []
    private var waitingBytes = 0
    private var kept: [ByteBuffer] = []

    /// Whether more may wait.
    var hasRoom: Bool { self.waitingBytes < Self.limit }

    mutating func wait(_ bytes: ByteBuffer) {
        self.waiting.append(bytes)
        self.waitingBytes += bytes.readableBytes
    }

    /// What waited, for the connection that came; `keeping`: a second try may need it.
    mutating func takeWaiting(keeping: Bool) -> [ByteBuffer] {
        let bytes = self.waiting
        self.kept = keeping ? bytes : []
        self.waiting = []
        self.waitingBytes = 0
        return bytes
    }

    mutating func sent(_ bytes: ByteBuffer, keeping: Bool) {
        if keeping { self.kept.append(bytes) } else { self.forgetSent() }
    }

    /// The connection failed: what was sent waits for another.
    mutating func takeBackSent() {
        guard !self.kept.isEmpty else { return }
        self.waiting = self.kept
        self.waitingBytes = self.kept.reduce(0) { $0 + $1.readableBytes }
        self.kept = []
    }

    /// Nothing is sent twice any more.
    mutating func forgetSent() { if !self.kept.isEmpty { self.kept = [] } }

    mutating func clear() { self = HeldBody() }
}

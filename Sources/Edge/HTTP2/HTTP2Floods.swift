// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import NIOCore

/// Counts what costs a client nothing and us something, and says when it is too much (proxy.md §10). Pure.
///
/// Resets, faults of streams, and control frames count within windows of 30 s. Frames that belong to honest transfers are
/// measured by these: window updates by what was sent, priorities by requests.
struct HTTP2Floods {
    enum Kind: Int { case reset, streamFault, control }

    private static let window = TimeAmount.seconds(30)
    private static let spare = 1_000
    private static let updatesPerFrame = 10
    private static let prioritiesPerStream = 10
    private static let emptyInRow = 1

    /// `limits.floods`; 0: nothing is counted.
    private let limit: Int
    private var since: NIODeadline
    private var counts = (0, 0, 0)
    private var updates = 0
    private var priorities = 0
    private var empty = 0

    init(limit: Int, now: NIODeadline) {
        self.limit = limit
        self.since = now
    }

    private static let flood = HTTP2Fault(.enhanceYourCalm)

    mutating func count(_ kind: Kind, now: NIODeadline) throws(HTTP2Fault) {
        guard self.limit > 0 else { return }
        if now - self.since >= Self.window {
            self.since = now
            self.counts = (0, 0, 0)
        }
        let count: Int
        switch kind {
        case .reset:
            self.counts.0 += 1
            count = self.counts.0
        case .streamFault:
            self.counts.1 += 1
            count = self.counts.1
        case .control:
            self.counts.2 += 1
            count = self.counts.2
        }
        guard count <= self.limit else { throw Self.flood }
    }

    /// - Parameters: of the connection so far.
    mutating func windowUpdate(framesSent: Int, streams: Int) throws(HTTP2Fault) {
        self.updates += 1
        guard self.limit == 0 || self.updates <= Self.spare + Self.updatesPerFrame * (framesSent + streams) else {
            throw Self.flood
        }
    }

    /// PRIORITY, and frames nobody knows.
    mutating func priority(streams: Int) throws(HTTP2Fault) {
        self.priorities += 1
        guard self.limit == 0 || self.priorities <= Self.spare + Self.prioritiesPerStream * streams else {
            throw Self.flood
        }
    }

    /// DATA without a byte that ends nothing.
    mutating func data(isIdle: Bool) throws(HTTP2Fault) {
        self.empty = isIdle ? self.empty + 1 : 0
        guard self.limit == 0 || self.empty <= Self.emptyInRow else { throw Self.flood }
    }
}

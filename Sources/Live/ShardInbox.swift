// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import DequeModule
internal import Foundation
internal import NIOCore
internal import Synchronization
internal import Wire

/// What reaches a shard from other threads.
enum ShardMessage: Sendable {
    /// The ring is filled; connections may be let in.
    case preloaded(Cursor)
    case batch(LiveBatch)
    /// So many batches were waiting that they were dropped: whoever was live reads them from the ring instead.
    case behind(Cursor)
    case lost(GapReason, position: Cursor)
    /// The log's own last id; nil: it did not answer.
    case extent(Cursor?)
    /// `since`: when the end was heard of.
    case close(CloseTarget, CloseCode, since: NIODeadline)
    /// An event of the operator to all, or to who holds a topic under the filter.
    case broadcast(LiveRecord, to: TopicFilter?)
    case session(LiveSessionKey, LiveSessionState, wallClock: Date)
    /// Ask about every session that owns connections.
    case sweep
    case drain(window: TimeAmount, othersRunning: Bool, done: EventLoopPromise<Void>)
    case stop
}

/// Whose connections end.
enum CloseTarget: Sendable, Hashable {
    case user(String)
    case session(LiveSessionKey)
    /// By its public id, which the admin API names.
    case publicSession(String)
    /// Of those that came with a bearer token, by its `jti`.
    case token(String)
}

/// The one way from any thread into a loop (architecture.md law 2): a queue, and at most one wake-up under way.
final class ShardInbox: Sendable {
    /// Beyond so many undelivered events the loop is so far behind that reading the ring is cheaper than the queue.
    static let maxRecords = 16_384

    fileprivate struct State {
        var messages = Deque<ShardMessage>()
        var records = 0
        var isWaking = false
    }

    private let state = Mutex(State())

    /// - Returns: true when the loop has to be woken, once for all messages until it drains.
    func push(_ message: ShardMessage) -> Bool {
        state.withLock { state in
            state.add(message)
            defer { state.isWaking = true }
            return !state.isWaking
        }
    }

    /// Everything that waits, in order.
    func drain() -> Deque<ShardMessage> {
        state.withLock { state in
            let messages = state.messages
            state = State()
            return messages
        }
    }
}

extension ShardInbox.State {
    fileprivate mutating func add(_ message: ShardMessage) {
        if case .batch(let batch) = message {
            records += batch.records.count
            if records > ShardInbox.maxRecords { return overflow(at: batch.position) }
        }
        messages.append(message)
    }

    /// Drops every batch in the queue; one message tells how far they went. Ephemeral events are simply gone. What came
    /// before a loss is of no more interest: the loss moves everybody.
    private mutating func overflow(at newest: Cursor?) {
        var position: Cursor?
        messages.removeAll { message in
            switch message {
            case .batch(let batch):
                position = batch.position ?? position
            case .behind(let other):
                position = other
            case .lost:
                position = nil
                return false
            default:
                return false
            }
            return true
        }
        records = 0
        if let position = newest ?? position { messages.append(.behind(position)) }
    }
}

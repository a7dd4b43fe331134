// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Wire

/// Where one connection is in the log, and what has to happen so that it sees each event once, or is told of a gap
/// (live.md §4). Pure: no channel, no ring, no clock; positions come in, actions go out.
///
///     joining ──┬──────────────► live ◄──────────────┐
///               │          demote│ ▲ caught up, gap   │ release
///               └──────────────► reading ──park──► parked
///     any ──close──► closed
///
/// *Live*: in the index, its position is the loop's (`delivered`). *Reading*: has a position of its own and is fed from
/// the ring. Joining, resuming, a slow socket and a late `sub` are all reading, so there is one merge to get right.
struct SubscriberMachine: ~Copyable {
    enum Since: Equatable {
        case absent
        case malformed
        case at(Cursor)

        init(_ text: String?) {
            guard let text, !text.isEmpty else {
                self = .absent
                return
            }
            // Cursors are at most 64 bytes (live.md §2).
            self = text.utf8.count <= 64 ? Cursor(text).map(Since.at) ?? .malformed : .malformed
        }
    }

    struct Gap: Equatable {
        var topic = "*"
        var from: Cursor?
        var id: Cursor?
        var why: GapReason
    }

    enum ParkCause: Equatable {
        /// Everybody missed something; the gap follows at this connection's instant of the spread.
        case lost(GapReason)
        /// The session store has been silent for a minute.
        case session
    }

    /// A late `sub` with a `since`: the events of that topic that the connection never got.
    struct Side: Equatable {
        var subscription: Int
        var at: Cursor
        let through: Cursor
    }

    enum JoinAction: Equatable {
        case live(hello: Cursor)
        case gapThenLive(hello: Cursor?, Gap)
        case read(hello: Cursor)
    }

    enum TurnAction: Equatable {
        /// Live, parked or closed: nothing to read.
        case none
        /// The cursor is from the future: another node was ahead.
        case wait
        case read(after: Cursor, through: Cursor)
        case readSide(Side)
        /// The ring overtook a side range.
        case gapSide(Side)
        case gapThenLive(Gap)
        case live
    }

    enum SubscribeAction: Equatable {
        case ok
        case okThenGap(from: Cursor?, GapReason)
        /// The client's cursor goes back to `id`; the connection is reading now.
        case okRewinding(id: Cursor)
    }

    private enum State {
        case joining
        case live
        case reading(at: Cursor, sides: [Side])
        case parked(at: Cursor, sides: [Side], ParkCause)
        case closed
    }

    private var state: State

    private init(_ state: State) { self.state = state }

    init() { self.init(.joining) }

    var isLive: Bool {
        switch state {
        case .live: true
        default: false
        }
    }

    var isReading: Bool {
        switch state {
        case .reading: true
        default: false
        }
    }

    var parkCause: ParkCause? {
        switch state {
        case .parked(_, _, let cause): cause
        default: nil
        }
    }

    /// The last id the connection has scanned. Side ranges count: a client that drops midway comes back from there.
    func position(delivered: Cursor) -> Cursor {
        switch state {
        case .reading(let at, _): at
        case .parked(let at, _, _): at
        default: delivered
        }
    }

    /// Waits for its node to reach a cursor from the future.
    func isAhead(of delivered: Cursor) -> Bool {
        switch state {
        case .reading(let at, let sides): sides.isEmpty && at > delivered
        default: false
        }
    }

    // MARK: Joining

    mutating func join(since: Since, oldest: Cursor, delivered: Cursor) -> JoinAction {
        switch since {
        case .absent:
            self = .init(.live)
            return .live(hello: delivered)
        case .malformed:
            self = .init(.live)
            return .gapThenLive(hello: nil, Gap(id: delivered, why: .reset))
        case .at(let cursor) where cursor < oldest:
            self = .init(.live)
            return .gapThenLive(hello: cursor, Gap(from: cursor, id: delivered, why: .trimmed))
        case .at(let cursor) where cursor == delivered:
            self = .init(.live)
            return .live(hello: cursor)
        case .at(let cursor):
            self = .init(.reading(at: cursor, sides: []))
            return .read(hello: cursor)
        }
    }

    // MARK: Reading

    /// The socket takes no more. `at`: id of the last event written to it.
    /// - Returns: true when it was live and has to leave the index.
    mutating func demote(at cursor: Cursor) -> Bool {
        switch state {
        case .live:
            self = .init(.reading(at: cursor, sides: []))
            return true
        case let other:
            self = .init(other)
            return false
        }
    }

    /// What comes next for a connection whose socket takes bytes.
    mutating func turn(oldest: Cursor, delivered: Cursor) -> TurnAction {
        switch state {
        case .reading(let at, var sides):
            if at < oldest {
                self = .init(.live)
                return .gapThenLive(Gap(from: at, id: delivered, why: .lag))
            }
            if let side = sides.first {
                if side.at >= oldest {
                    self = .init(.reading(at: at, sides: sides))
                    return .readSide(side)
                }
                sides.removeFirst()
                self = .init(.reading(at: at, sides: sides))
                return .gapSide(side)
            }
            if at == delivered {
                self = .init(.live)
                return .live
            }
            self = .init(.reading(at: at, sides: sides))
            return at > delivered ? .wait : .read(after: at, through: delivered)
        case let other:
            self = .init(other)
            return .none
        }
    }

    /// Everything through `cursor` was written, of the first side range if there is one.
    mutating func advance(to cursor: Cursor) {
        switch state {
        case .reading(_, var sides) where sides.isEmpty:
            sides = []
            self = .init(.reading(at: cursor, sides: sides))
        case .reading(let at, var sides):
            sides[0].at = cursor
            if sides[0].at >= sides[0].through { sides.removeFirst() }
            self = .init(.reading(at: at, sides: sides))
        case let other:
            self = .init(other)
        }
    }

    /// The log was asked because `at` lies in the future. `last`: its last id.
    mutating func logAnswered(last: Cursor, delivered: Cursor) -> Gap? {
        switch state {
        case .reading(let at, let sides) where at > delivered && at > last && sides.isEmpty:
            self = .init(.live)
            return Gap(from: at, id: delivered, why: .reset)
        case let other:
            self = .init(other)
            return nil
        }
    }

    // MARK: Late subscriptions

    /// `subscription` names the new one, for the side range. Only for a connection that has joined.
    mutating func subscribe(
        _ subscription: Int,
        since: Since,
        oldest: Cursor,
        delivered: Cursor
    ) -> SubscribeAction {
        let here = position(delivered: delivered)
        switch since {
        case .absent: return .ok
        case .malformed: return .okThenGap(from: nil, .reset)
        case .at(let cursor) where cursor >= here: return .ok
        case .at(let cursor) where cursor < oldest: return .okThenGap(from: cursor, .trimmed)
        case .at(let cursor):
            addSide(Side(subscription: subscription, at: cursor, through: here))
            return .okRewinding(id: cursor)
        }
    }

    private mutating func addSide(_ side: Side) {
        switch state {
        case .live: self = .init(.reading(at: side.through, sides: [side]))
        case .reading(let at, let sides): self = .init(.reading(at: at, sides: sides + [side]))
        case .parked(let at, let sides, let cause): self = .init(.parked(at: at, sides: sides + [side], cause))
        case let other: self = .init(other)
        }
    }

    /// The topic was taken away or given up.
    mutating func unsubscribe(_ subscription: Int) {
        switch state {
        case .reading(let at, let sides):
            self = .init(.reading(at: at, sides: sides.filter { $0.subscription != subscription }))
        case .parked(let at, let sides, let cause):
            self = .init(.parked(at: at, sides: sides.filter { $0.subscription != subscription }, cause))
        case let other:
            self = .init(other)
        }
    }

    // MARK: Parking

    /// - Returns: true when it was live and has to leave the index.
    mutating func park(_ cause: ParkCause, delivered: Cursor) -> Bool {
        switch state {
        case .live:
            self = .init(.parked(at: delivered, sides: [], cause))
            return true
        case .reading(let at, let sides):
            self = .init(.parked(at: at, sides: sides, cause))
            return false
        case .parked(let at, let sides, .session):
            // A loss outweighs a silent store: it ends in a gap either way.
            self = .init(.parked(at: at, sides: sides, cause))
            return false
        case let other:
            self = .init(other)
            return false
        }
    }

    enum ReleaseAction: Equatable {
        case none
        case read
        case gapThenLive(Gap)
    }

    mutating func release(delivered: Cursor) -> ReleaseAction {
        switch state {
        case .parked(let at, _, .lost(let why)):
            self = .init(.live)
            return .gapThenLive(Gap(from: at, id: delivered, why: why))
        case .parked(let at, let sides, .session):
            self = .init(.reading(at: at, sides: sides))
            return .read
        case let other:
            self = .init(other)
            return .none
        }
    }

    mutating func close() { self = .init(.closed) }
}

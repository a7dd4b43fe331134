// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Wire

/// Where one reader of the Redis log is, and what it may still believe. Pure: no connection, no clock.
///
/// XREAD never says "you missed some". So the reader counts: between two checks the stream's `entries-added` must have
/// grown by as many entries as were read, or some were trimmed unread.
///
///     connected ─► boot ─► reading ⇄ checking ──► lost(trimmed), reading
///         └────► resume ──────┘  └─ disbelieve ─► connected ─► lost(reset)
struct LogReaderState {
    /// What the stream says of itself.
    struct Check: Equatable {
        var lastGenerated: Cursor
        /// Entries ever added.
        var added: Int64
    }

    enum Connection: Equatable {
        /// Load the tail, then call `booted`.
        case boot
        /// The same log: go on from `last`.
        case resume
        /// Another log, or this one with a hole nobody can measure.
        case reset(Loss)
    }

    struct Loss: Equatable {
        var position: Cursor
        var oldest: Cursor
    }

    enum Verdict: Equatable {
        case fine
        /// The stream went backwards or is gone: ask for a new mark.
        case disbelieve
        case trimmed(Loss)
    }

    private struct Baseline {
        var added: Int64
        var seen: Int64
    }

    private(set) var mark: Cursor?
    /// The position: the next read starts after it.
    private(set) var last = Cursor.zero
    /// Cursors below are not honoured. Never moves back, even if a clock does.
    private(set) var honoured = Cursor.zero
    /// The greatest id ever seen, of whichever log.
    private(set) var highest = Cursor.zero
    private(set) var isBooted = false
    /// Entries read, of whatever kind.
    private var seen: Int64 = 0
    private var baseline: Baseline?
    /// Asked, and not reached by reading yet.
    private var open: Check?

    var isChecking: Bool { open != nil }

    mutating func connected(mark new: LogMark) -> Connection {
        let mark = new.id
        // An answer lost with the old connection is not missed: the next check covers its time too.
        open = nil
        guard isBooted, let known = self.mark else {
            self.mark = mark
            return .boot
        }
        guard known != mark else { return .resume }
        self.mark = mark
        highest = max(highest, mark)
        honoured = max(honoured, highest)
        last = mark
        // Counted from the mark on: what is trimmed before the first check is missed too.
        baseline = Baseline(added: new.added, seen: 0)
        seen = 0
        return .reset(Loss(position: last, oldest: honoured))
    }

    /// - Parameters:
    ///   - check: asked before the tail was loaded.
    ///   - loaded: ids of the tail, in order.
    ///   - isWhole: the tail reaches back to the mark, and the mark's own entry is still there.
    /// - Returns: the floor.
    mutating func booted(_ check: Check, loaded: [Cursor], isWhole: Bool) -> Cursor {
        let mark = mark ?? .zero
        let newest = loaded.last ?? mark
        last = max(newest, check.lastGenerated, mark)
        highest = max(highest, last)
        baseline = Baseline(added: check.added, seen: 0)
        seen = Int64(loaded.count { $0 > check.lastGenerated })
        isBooted = true
        // An id that was generated and is not there was deleted: nothing before it can be vouched for.
        let deleted = newest < check.lastGenerated ? check.lastGenerated : nil
        honoured = max(honoured, deleted ?? (isWhole ? mark : loaded.first ?? last))
        return honoured
    }

    /// The stream's answer, nil if there is no stream; it was asked before the read whose ids come next.
    mutating func checked(_ check: Check?) -> Verdict {
        guard let check, check.lastGenerated >= last, check.added >= (baseline?.added ?? 0) else { return .disbelieve }
        guard check.lastGenerated == last else {
            open = check
            return .fine
        }
        return settle(check, seen: seen, cameThrough: true)
    }

    /// The ids of one answer to XREAD, in order; empty if nothing new came in its time.
    mutating func read(_ ids: [Cursor]) -> Verdict {
        guard let check = open else {
            advance(ids.last, by: ids.count)
            return .fine
        }
        let upToCheck = ids.count { $0 <= check.lastGenerated }
        let seenAtCheck = seen + Int64(upToCheck)
        let isReached = ids.isEmpty || ids.last.map { $0 >= check.lastGenerated } == true
        let cameThrough = upToCheck > 0 && ids[upToCheck - 1] == check.lastGenerated
        advance(ids.last, by: ids.count)
        return isReached ? settle(check, seen: seenAtCheck, cameThrough: cameThrough) : .fine
    }

    /// An entry too large to be read was passed by its id alone.
    mutating func stepped(over id: Cursor) -> Loss {
        advance(id, by: 1)
        honoured = max(honoured, id)
        return Loss(position: last, oldest: honoured)
    }

    private mutating func advance(_ id: Cursor?, by count: Int) {
        seen += Int64(count)
        guard let id else { return }
        last = max(last, id)
        highest = max(highest, id)
    }

    private mutating func settle(_ check: Check, seen seenAtCheck: Int64, cameThrough: Bool) -> Verdict {
        open = nil
        defer { baseline = Baseline(added: check.added, seen: seenAtCheck) }
        let isComplete = baseline.map { check.added - $0.added == seenAtCheck - $0.seen } ?? true
        guard !cameThrough || !isComplete else { return .fine }
        last = max(last, check.lastGenerated)
        honoured = max(honoured, check.lastGenerated)
        return .trimmed(Loss(position: last, oldest: honoured))
    }
}

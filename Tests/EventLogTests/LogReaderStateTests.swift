// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import Testing
import Wire

@testable import EventLog

@Suite("LogReaderState")
struct LogReaderStateTests {
    func id(_ number: UInt64) -> Cursor { Cursor(milliseconds: number, sequence: 0) }

    /// A reader of a log with the mark 10-0 and nothing else.
    func booted() -> LogReaderState {
        var state = LogReaderState()
        #expect(state.connected(mark: LogMark(id: id(10), added: 0)) == .boot)
        #expect(state.booted(.init(lastGenerated: id(10), added: 1), loaded: [], isWhole: true) == id(10))
        return state
    }

    @Test("Entries that were all read are fine, check after check")
    func complete() {
        var state = booted()
        #expect(state.read([id(11), id(12)]) == .fine)
        #expect(state.checked(.init(lastGenerated: id(12), added: 3)) == .fine)
        #expect(state.checked(.init(lastGenerated: id(14), added: 5)) == .fine)
        #expect(state.isChecking)
        #expect(state.read([id(13)]) == .fine)
        #expect(state.isChecking)
        // One entry came between the check and the read.
        #expect(state.read([id(14), id(15)]) == .fine)
        #expect(!state.isChecking)
        #expect(state.checked(.init(lastGenerated: id(15), added: 6)) == .fine)
    }

    @Test("An entry trimmed unread is told, even if the newest came")
    func trimmedInBetween() {
        var state = booted()
        #expect(state.checked(.init(lastGenerated: id(14), added: 5)) == .fine)
        let loss = LogReaderState.Loss(position: id(14), oldest: id(14))
        #expect(state.read([id(12), id(13), id(14)]) == .trimmed(loss))
        #expect(state.checked(.init(lastGenerated: id(14), added: 5)) == .fine, "told once")
    }

    @Test("The newest entry trimmed unread is told when reading comes back empty")
    func newestTrimmed() {
        var state = booted()
        #expect(state.checked(.init(lastGenerated: id(12), added: 2)) == .fine)
        #expect(state.read([]) == .trimmed(.init(position: id(12), oldest: id(12))))
        #expect(state.last == id(12))
        #expect(state.read([id(13)]) == .fine)
    }

    @Test("A log that went backwards, lost entries it had counted, or vanished is disbelieved")
    func backwards() {
        for check in [
            LogReaderState.Check(lastGenerated: id(11), added: 9), .init(lastGenerated: id(12), added: 0), nil,
        ] {
            var state = booted()
            #expect(state.read([id(12)]) == .fine)
            #expect(state.checked(check) == .disbelieve)
        }
    }

    @Test("A new mark resets the position, and no cursor ever seen is honoured again")
    func reset() {
        var state = booted()
        #expect(state.read([id(50)]) == .fine)
        #expect(state.connected(mark: LogMark(id: id(20), added: 0)) == .reset(.init(position: id(20), oldest: id(50))))
        #expect(state.last == id(20))
        #expect(state.read([id(21)]) == .fine)
        #expect(state.connected(mark: LogMark(id: id(20), added: 0)) == .resume)
        #expect(state.last == id(21))
    }

    @Test("What was trimmed between a new mark and the first look is missed too")
    func trimmedBehindMark() {
        var state = booted()
        _ = state.connected(mark: LogMark(id: id(20), added: 7))
        // Five more were added, and two of them are still there to be read.
        #expect(state.checked(.init(lastGenerated: id(25), added: 12)) == .fine)
        #expect(state.read([id(24), id(25)]) == .trimmed(.init(position: id(25), oldest: id(25))))
        var whole = booted()
        _ = whole.connected(mark: LogMark(id: id(20), added: 7))
        #expect(whole.checked(.init(lastGenerated: id(22), added: 9)) == .fine)
        #expect(whole.read([id(21), id(22)]) == .fine)
    }

    @Test("What was missed during a reconnect is found by the count that spans it")
    func acrossReconnect() {
        var state = booted()
        #expect(state.checked(.init(lastGenerated: id(12), added: 2)) == .fine)
        #expect(state.connected(mark: LogMark(id: id(10), added: 0)) == .resume)
        #expect(!state.isChecking)
        #expect(state.checked(.init(lastGenerated: id(15), added: 5)) == .fine)
        #expect(state.read([id(14), id(15)]) == .trimmed(.init(position: id(15), oldest: id(15))))
    }

    @Test("The floor is the mark for a whole tail, the oldest loaded otherwise, and a deleted newest id above all")
    func floor() {
        var state = LogReaderState()
        _ = state.connected(mark: LogMark(id: id(10), added: 0))
        #expect(
            state.booted(.init(lastGenerated: id(30), added: 9), loaded: [id(20), id(30)], isWhole: false) == id(20)
        )
        state = LogReaderState()
        _ = state.connected(mark: LogMark(id: id(10), added: 0))
        #expect(
            state.booted(.init(lastGenerated: id(40), added: 9), loaded: [id(20), id(30)], isWhole: true) == id(40)
        )
        #expect(state.last == id(40))
    }

    @Test("Entries loaded beyond the check of the boot are counted")
    func bootOverlap() {
        var state = LogReaderState()
        _ = state.connected(mark: LogMark(id: id(10), added: 0))
        _ = state.booted(.init(lastGenerated: id(11), added: 2), loaded: [id(11), id(12)], isWhole: true)
        #expect(state.checked(.init(lastGenerated: id(12), added: 3)) == .fine)
    }

    @Test("An entry stepped over counts as read, and cursors before it are not honoured")
    func steppedOver() {
        var state = booted()
        #expect(state.stepped(over: id(12)) == .init(position: id(12), oldest: id(12)))
        #expect(state.checked(.init(lastGenerated: id(12), added: 2)) == .fine)
    }

    @Test("Two missed probes reconnect, three are not ready, one that returns makes all well")
    func probe() {
        var state = ProbeState()
        state.attach(.log)
        #expect(state.tick() == .init(number: 1))
        #expect(state.tick() == .init(number: 2, missed: 1))
        #expect(state.tick() == .init(number: 3, reconnect: [.log], missed: 1))
        #expect(state.problem == nil)
        state.attach(.log)
        _ = state.tick()
        #expect(state.problem != nil)
        state.returned(.log, 4)
        #expect(state.problem == nil)
        #expect(state.tick() == .init(number: 5))
    }
}

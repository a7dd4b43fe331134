// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import NIOCore
import Testing

@testable import Edge

@Suite("FrameBorders")
struct FrameBordersTests {
    /// One server frame: unmasked, of the length's shortest form.
    static func frame(_ opcode: UInt8, _ count: Int, isFinal: Bool = true) -> [UInt8] {
        var bytes: [UInt8] = [(isFinal ? 0x80 : 0) | opcode]
        switch count {
        case ..<126: bytes.append(UInt8(count))
        case ...0xFFFF: bytes += [126, UInt8(count >> 8), UInt8(count & 0xFF)]
        default: bytes += [127] + (0..<8).map { UInt8(truncatingIfNeeded: count >> (56 - $0 * 8)) }
        }
        return bytes + [UInt8](repeating: 0x88, count: count)
    }

    /// Feeds pieces of one size; returns where it stood at a border.
    private func borders(_ bytes: [UInt8], pieces: Int) -> [Int] {
        var borders = FrameBorders()
        var found: [Int] = []
        for start in stride(from: 0, to: bytes.count, by: pieces) {
            let piece = Array(bytes[start..<min(start + pieces, bytes.count)])
            let count = piece.withUnsafeBytes { borders.advance($0, stopsAtBorder: false) }
            #expect(count == piece.count)
            if borders.isAtBorder { found.append(start + piece.count) }
        }
        return found
    }

    @Test("Every border of every length form is found, byte by byte", arguments: [0, 1, 125, 126, 127, 65_535, 65_536])
    func lengths(count: Int) {
        let one = Self.frame(0x1, count)
        let two = Self.frame(0x2, 3, isFinal: false) + one
        #expect(self.borders(one, pieces: 1) == [one.count])
        #expect(self.borders(two, pieces: 1) == [5, two.count])
        #expect(self.borders(two, pieces: two.count) == [two.count])
    }

    @Test("It stops right behind the frame under way")
    func stops() {
        var borders = FrameBorders()
        let bytes = Self.frame(0x1, 300) + Self.frame(0x1, 5)
        let first = Array(bytes[..<10])
        #expect(first.withUnsafeBytes { borders.advance($0, stopsAtBorder: false) } == 10)
        #expect(!borders.isAtBorder)
        let rest = Array(bytes[10...])
        #expect(rest.withUnsafeBytes { borders.advance($0, stopsAtBorder: true) } == 304 - 10)
        #expect(borders.isAtBorder)
        #expect(rest.withUnsafeBytes { borders.advance($0, stopsAtBorder: true) } == 0)
    }

    @Test("A Close frame counts once it is whole, and only by its opcode")
    func close() {
        var borders = FrameBorders()
        let ping = Self.frame(0x9, 4)
        _ = ping.withUnsafeBytes { borders.advance($0, stopsAtBorder: false) }
        #expect(!borders.sawClose)
        let close = Self.frame(0x8, 2)
        _ = close[..<3].withUnsafeBytes { borders.advance($0, stopsAtBorder: false) }
        #expect(!borders.sawClose)
        _ = close[3...].withUnsafeBytes { borders.advance($0, stopsAtBorder: false) }
        #expect(borders.sawClose)
        var empty = FrameBorders()
        _ = Self.frame(0x8, 0).withUnsafeBytes { empty.advance($0, stopsAtBorder: false) }
        #expect(empty.sawClose)
    }

    @Test("A mask, which no server should send, is stepped over")
    func masked() {
        #expect(self.borders([0x81, 0x82, 1, 2, 3, 4, 9, 9], pieces: 1) == [8])
    }

    @Test("A length beyond every file never ends, and traps nothing")
    func endless() {
        #expect(self.borders([0x82, 127] + [UInt8](repeating: 0xFF, count: 8) + [1, 2, 3], pieces: 1) == [])
    }
}

@Suite("Tunnel.StateMachine")
struct TunnelStateMachineTests {
    private let frame = FrameBordersTests.frame(0x1, 10)

    private func feed(_ machine: inout Tunnel.StateMachine, _ bytes: [UInt8]) -> Tunnel.StateMachine.UpstreamAction {
        bytes.withUnsafeBytes { machine.receivedFromUpstream($0) }
    }

    @Test("Between frames a close is sent at once, and nothing follows it")
    func atBorder() {
        var machine = Tunnel.StateMachine()
        #expect(self.feed(&machine, self.frame) == .relay)
        let close = machine.close()
        #expect(close == .sendClose)
        #expect(self.feed(&machine, self.frame) == .drop)
        let takes = machine.takesFromClient
        #expect(!takes)
        let again = machine.close()
        #expect(again == .none)
        let gone = machine.clientGone()
        #expect(gone == .closeOther)
        let twice = machine.clientGone()
        #expect(twice == .ignore)
    }

    @Test("Within a frame a close waits for its end", arguments: [1, 2, 11])
    func withinFrame(cut: Int) {
        var machine = Tunnel.StateMachine()
        #expect(self.feed(&machine, Array(self.frame[..<cut])) == .relay)
        let close = machine.close()
        #expect(close == .awaitBorder)
        let takes = machine.takesFromClient
        #expect(takes)
        let rest = Array(self.frame[cut...]) + self.frame
        #expect(self.feed(&machine, rest) == .relayThenClose(self.frame.count - cut))
        #expect(self.feed(&machine, self.frame) == .drop)
    }

    @Test("A frame that never ends is cut")
    func overdue() {
        var machine = Tunnel.StateMachine()
        _ = self.feed(&machine, [0x81])
        _ = machine.close()
        let overdue = machine.overdue()
        #expect(overdue)
        let twice = machine.overdue()
        #expect(!twice)
        let gone = machine.clientGone()
        #expect(gone == .ignore)
    }

    @Test("Behind the upstream's own Close frame none of ours is placed")
    func upstreamClosed() {
        var machine = Tunnel.StateMachine()
        _ = self.feed(&machine, FrameBordersTests.frame(0x8, 2))
        let close = machine.close()
        #expect(close == .deliverRest)
        let gone = machine.upstreamGone()
        #expect(gone == .ignore)
    }

    @Test("An upstream that goes leaves the client what it sent")
    func upstreamGone() {
        var machine = Tunnel.StateMachine()
        let gone = machine.upstreamGone()
        #expect(gone == .deliverRest)
        let takes = machine.takesFromClient
        #expect(!takes)
        let client = machine.clientGone()
        #expect(client == .closeOther)
    }
}

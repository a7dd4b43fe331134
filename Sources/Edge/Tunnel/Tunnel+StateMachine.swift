// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

extension Tunnel {
    /// What becomes of bytes, ends and wishes to close. Pure: no channel, no clock; it reads frame borders and nothing else.
    ///
    ///     open ──close──► closing ──border towards the client──► closeSent ──client gone · overdue──► over
    ///      │                 └───────── overdue ────────────────────────────────────────────────────► over
    ///      └── upstream gone ──► ending ──all delivered · client gone · overdue──► over
    struct StateMachine: ~Copyable {
        enum CloseAction: Equatable {
            /// Between two frames: send a Close frame now.
            case sendClose
            /// Within one: `receivedFromUpstream` will say when.
            case awaitBorder
            /// The upstream has sent its Close frame: nothing may follow it.
            case deliverRest
            case none
        }

        enum UpstreamAction: Equatable {
            case relay
            /// So many bytes, then the Close frame.
            case relayThenClose(Int)
            case drop
        }

        enum GoneAction: Equatable { case closeOther, deliverRest, ignore }

        private enum State {
            case open
            case closing
            case closeSent
            case ending
            case over
        }

        private var state = State.open
        private var borders = FrameBorders()

        var isOpen: Bool { self.state == .open }
        /// Bytes of the client still go upstream.
        var takesFromClient: Bool { self.state == .open || self.state == .closing }
        var isOver: Bool { self.state == .over }

        mutating func close() -> CloseAction {
            guard self.state == .open else { return .none }
            if self.borders.sawClose {
                self.state = .ending
                return .deliverRest
            }
            guard self.borders.isAtBorder else {
                self.state = .closing
                return .awaitBorder
            }
            self.state = .closeSent
            return .sendClose
        }

        mutating func receivedFromUpstream(_ bytes: UnsafeRawBufferPointer) -> UpstreamAction {
            switch self.state {
            case .open:
                _ = self.borders.advance(bytes, stopsAtBorder: false)
                return .relay
            case .closing:
                let count = self.borders.advance(bytes, stopsAtBorder: true)
                guard self.borders.isAtBorder else { return .relay }
                self.state = .closeSent
                return .relayThenClose(count)
            case .closeSent, .ending, .over:
                return .drop
            }
        }

        mutating func upstreamGone() -> GoneAction {
            switch self.state {
            case .open, .closing:
                self.state = .ending
                return .deliverRest
            case .closeSent, .ending, .over:
                return .ignore
            }
        }

        mutating func clientGone() -> GoneAction {
            guard self.state != .over else { return .ignore }
            self.state = .over
            return .closeOther
        }

        /// What was begun took too long. False: it is over already.
        mutating func overdue() -> Bool {
            guard self.state != .over else { return false }
            self.state = .over
            return true
        }
    }
}

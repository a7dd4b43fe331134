// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

/// The closing handshake of RFC 6455 §7. Pure.
///
///     open ──close()──► closeSent ──peer's close / timeout──► closed
///       ├────peer's close (echoed)───► finishing ───────timeout────► closed
///       └────fail()───► failed ──────────────────timeout────► closed
///
/// *Finishing*: what was written before the echo, and the echo, are on their way; the peer ends the connection. *Failed*: the peer broke the protocol, so
/// nothing it sends can be understood any more (§7.1.7).
struct WebSocketClosing: ~Copyable {
    enum CloseAction: Equatable {
        case none
        /// Send the close frame and wait for the peer's.
        case sendAndWait
    }

    enum FailAction: Equatable {
        case none
        /// Send the close frame, and nothing after it; what comes is not listened to.
        case sendAndEnd
        /// It owed us a close frame and sent rubbish: drop the connection.
        case drop
    }

    enum PeerAction: Equatable {
        case none
        /// Echo its status, and end our half once that is written.
        case echoAndClose
        /// It answered ours: close the connection.
        case close
    }

    private enum State {
        case open
        case closeSent
        case failed
        case finishing
        case closed
    }

    private var state: State

    private init(_ state: State) { self.state = state }

    init() { self.init(.open) }

    /// Data may be sent, and is listened to, in this state only.
    var isOpen: Bool { state == .open }

    /// Bytes of the peer are still looked at, for its close frame.
    var isListening: Bool { state == .open || state == .closeSent }

    mutating func close() -> CloseAction {
        guard state == .open else { return .none }
        self = .init(.closeSent)
        return .sendAndWait
    }

    mutating func peerClosed() -> PeerAction {
        switch state {
        case .open:
            self = .init(.finishing)
            return .echoAndClose
        case .closeSent:
            self = .init(.closed)
            return .close
        case .failed, .finishing, .closed:
            return .none
        }
    }

    mutating func fail() -> FailAction {
        switch state {
        case .open:
            self = .init(.failed)
            return .sendAndEnd
        case .closeSent:
            self = .init(.closed)
            return .drop
        case .failed, .finishing, .closed:
            return .none
        }
    }

    /// - Returns: true when the connection has to be dropped now.
    mutating func timedOut() -> Bool {
        switch state {
        case .open, .closed: return false
        case .closeSent, .failed, .finishing:
            self = .init(.closed)
            return true
        }
    }

    mutating func channelClosed() { self = .init(.closed) }
}

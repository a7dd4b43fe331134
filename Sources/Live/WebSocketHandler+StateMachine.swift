// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

/// The closing handshake of RFC 6455 §7. Pure.
///
///     open ──close()──► closeSent ──peer's close / timeout──► closed
///       └────peer's close (echoed)──────────────────────────► closed
struct WebSocketClosing: ~Copyable {
    enum CloseAction: Equatable {
        case none
        /// Send the close frame and wait for the peer's.
        case sendAndWait
    }

    enum PeerAction: Equatable {
        case none
        /// Echo its status, then close the connection.
        case echoAndClose
        /// It answered ours: close the connection.
        case close
    }

    private enum State {
        case open
        case closeSent
        case closed
    }

    private var state: State

    private init(_ state: State) { self.state = state }

    init() { self.init(.open) }

    /// Data may be sent, and is listened to, in this state only.
    var isOpen: Bool { state == .open }

    /// Bytes of the peer are still looked at, for its close frame.
    var isListening: Bool { state != .closed }

    mutating func close() -> CloseAction {
        guard state == .open else { return .none }
        self = .init(.closeSent)
        return .sendAndWait
    }

    mutating func peerClosed() -> PeerAction {
        switch state {
        case .open:
            self = .init(.closed)
            return .echoAndClose
        case .closeSent:
            self = .init(.closed)
            return .close
        case .closed:
            return .none
        }
    }

    /// - Returns: true when the connection has to be dropped now.
    mutating func timedOut() -> Bool {
        guard state == .closeSent else { return false }
        self = .init(.closed)
        return true
    }

    mutating func channelClosed() { self = .init(.closed) }
}

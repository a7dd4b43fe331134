// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

/// The nine bytes before every frame's payload (RFC 9113 §4.1).
struct FrameHeader: Hashable, Sendable {
    enum Kind: UInt8, Sendable {
        case data, headers, priority, reset, settings, pushPromise, ping, goAway, windowUpdate, continuation
    }

    enum Flag {
        /// Of DATA and HEADERS.
        static let endStream: UInt8 = 0x1
        /// Of SETTINGS and PING.
        static let ack: UInt8 = 0x1
        static let endHeaders: UInt8 = 0x4
        static let padded: UInt8 = 0x8
        static let priority: UInt8 = 0x20
    }

    static let size = 9

    var length: Int
    /// `nil`: one we do not know, which is skipped (§5.5).
    var kind: Kind?
    var flags: UInt8
    /// Without the reserved bit.
    var stream: UInt32

    func has(_ flag: UInt8) -> Bool { self.flags & flag != 0 }

    /// What a frame of a client may look like whatever came before it: which stream it may name, how long it may be.
    func check() throws(HTTP2Fault) {
        switch self.kind {
        case .data, .headers, .continuation:
            guard self.stream != 0 else { throw HTTP2Fault(.protocolError) }
        case .priority:
            guard self.stream != 0 else { throw HTTP2Fault(.protocolError) }
            guard self.length == 5 else { throw HTTP2Fault(.frameSizeError, stream: self.stream) }
        case .reset:
            guard self.stream != 0 else { throw HTTP2Fault(.protocolError) }
            guard self.length == 4 else { throw HTTP2Fault(.frameSizeError) }
        case .settings:
            guard self.stream == 0 else { throw HTTP2Fault(.protocolError) }
            guard self.has(Flag.ack) ? self.length == 0 : self.length % 6 == 0 else {
                throw HTTP2Fault(.frameSizeError)
            }
        case .ping:
            guard self.stream == 0 else { throw HTTP2Fault(.protocolError) }
            guard self.length == 8 else { throw HTTP2Fault(.frameSizeError) }
        case .goAway:
            guard self.stream == 0 else { throw HTTP2Fault(.protocolError) }
            guard self.length >= 8 else { throw HTTP2Fault(.frameSizeError) }
        case .windowUpdate:
            guard self.length == 4 else { throw HTTP2Fault(.frameSizeError) }
        case .pushPromise:
            throw HTTP2Fault(.protocolError)
        case nil:
            break
        }
    }
}

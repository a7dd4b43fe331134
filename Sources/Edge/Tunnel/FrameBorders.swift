// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

/// Where WebSocket frames end in a stream of bytes (RFC 6455 §5.2). Payloads are stepped over, not looked at, so the cost
/// is per frame. Pure.
struct FrameBorders: Equatable {
    /// Header bytes of the frame seen so far; 0 between frames.
    private var seen = 0
    /// Header bytes it has in all, as far as known.
    private var headerLength = 2
    private var isClose = false
    private var isMasked = false
    /// While the header is read: the length so far.
    private var length: UInt64 = 0
    /// Of the payload.
    private var remaining: UInt64 = 0

    /// A whole Close frame went by: the sender will send nothing more.
    private(set) var sawClose = false

    var isAtBorder: Bool { self.seen == 0 && self.remaining == 0 }

    /// Walks over the bytes, all of them, or up to and including the end of the frame under way.
    /// - Returns: how many were walked over.
    mutating func advance(_ bytes: UnsafeRawBufferPointer, stopsAtBorder: Bool) -> Int {
        var index = 0
        while index < bytes.count {
            if stopsAtBorder, self.isAtBorder { return index }
            if self.remaining > 0 {
                let step = min(self.remaining, UInt64(bytes.count - index))
                self.remaining -= step
                index += Int(step)
                if self.remaining == 0 { self.endFrame() }
            } else {
                self.takeHeader(bytes[index])
                index += 1
            }
        }
        return index
    }

    private mutating func takeHeader(_ byte: UInt8) {
        switch self.seen {
        case 0:
            self.isClose = byte & 0x0F == 0x8
            self.length = 0
        case 1:
            self.isMasked = byte & 0x80 != 0
            let short = byte & 0x7F
            let wide = short == 126 ? 2 : short == 127 ? 8 : 0
            self.length = wide == 0 ? UInt64(short) : 0
            self.headerLength = 2 + wide + (self.isMasked ? 4 : 0)
        default:
            let lengthEnd = self.headerLength - (self.isMasked ? 4 : 0)
            if self.seen < lengthEnd { self.length = self.length << 8 | UInt64(byte) }
        }
        self.seen += 1
        guard self.seen >= 2, self.seen == self.headerLength else { return }
        self.seen = 0
        self.remaining = self.length
        if self.remaining == 0 { self.endFrame() }
    }

    private mutating func endFrame() {
        if self.isClose { self.sawClose = true }
    }
}

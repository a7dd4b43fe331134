// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import NIOCore

/// The PROXY protocol's header, version 2: who a trusted peer speaks for, ahead of TLS (proxy.md §6). Pure.
///
/// Version 1, the text form, is not read: its bytes are no TLS either, so such a connection ends.
enum ProxyHeader {
    enum Outcome: Equatable {
        case needMore
        /// The peer speaks for itself from the first byte.
        case absent
        /// So many bytes; the address, where the header names one, in network order.
        case present(length: Int, source: [UInt8]?)
        case malformed
    }

    private static let signature: [UInt8] = [0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A]
    private static let fixedLength = 16
    /// Addresses and type-length-values; ours are a few hundred bytes at most.
    static let longestRest = 4_096

    static func read(_ buffer: ByteBuffer) -> Outcome {
        let bytes = buffer.readableBytesView
        guard zip(bytes, self.signature).allSatisfy({ $0 == $1 }) else { return .absent }
        guard bytes.count >= self.fixedLength else { return .needMore }
        let header = Array(bytes.prefix(self.fixedLength))
        let rest = Int(header[14]) << 8 | Int(header[15])
        guard header[12] >> 4 == 2, rest <= self.longestRest else { return .malformed }
        let length = self.fixedLength + rest
        guard bytes.count >= length else { return .needMore }
        let body = Array(bytes.dropFirst(self.fixedLength).prefix(rest))
        switch (header[12] & 0x0F, header[13]) {
        case (0x0, _): return .present(length: length, source: nil)  // LOCAL: a health check of the proxy's own
        case (0x1, 0x11): return self.source(body, size: 4, length: length)
        case (0x1, 0x21): return self.source(body, size: 16, length: length)
        case (0x1, 0x00): return .present(length: length, source: nil)  // UNSPEC: it does not know
        default: return .malformed
        }
    }

    /// Source, destination, two ports.
    private static func source(_ body: [UInt8], size: Int, length: Int) -> Outcome {
        guard body.count >= size * 2 + 4 else { return .malformed }
        return .present(length: length, source: Array(body[..<size]))
    }
}

// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

package import NIOCore

/// An upstream's connection after a 101, out of the pool for good. On its loop; auto-read is off, half-closure is told.
package struct UpgradedConnection {
    let handler: UpstreamConnection
    let channel: any Channel
    /// What came behind the 101 in the same read.
    package let firstBytes: ByteBuffer
    /// The peer has ended its side already; no event will tell.
    package let isInputClosed: Bool

    /// Puts the receiver's handler in the place of ours; nothing is read before it asks.
    package func become(_ handler: some ChannelInboundHandler) throws {
        let pipeline = self.channel.pipeline.syncOperations
        try pipeline.addHandler(handler)
        pipeline.removeHandler(self.handler, promise: nil)
    }

    package func close() { self.channel.close(promise: nil) }
}

@available(*, unavailable)
extension UpgradedConnection: Sendable {}

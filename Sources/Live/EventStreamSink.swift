// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

package import NIOCore

/// The body of a response, as Edge carries it over HTTP/1.1 (chunked) or HTTP/2. All on the connection's loop.
package protocol EventStreamSink: AnyObject {
    func write(_ bytes: ByteBuffer)
    func flush()
    /// A clean end of the body; nothing follows.
    func end()
    /// False while too much is buffered. When it turns true again, Edge calls `EventStream.sinkWritabilityChanged()`.
    var isWritable: Bool { get }
    /// Written, and not yet taken by the socket or the peer's flow-control window.
    var unflushedBytes: Int { get }
}

// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import CMemory
internal import NIOCore

/// Where the objects of one connection lie that every delivery to it touches. With thousands of connections none of them is in the
/// processor's caches when its turn comes; asked for a few turns ahead, it is. Addresses only, never read: an object that has
/// gone meanwhile does no harm.
struct Footprint {
    private static let lineBytes = 64

    private var handler: UnsafeRawPointer?
    private var context: UnsafeRawPointer?
    private var pipeline: UnsafeRawPointer?
    private var channel: UnsafeRawPointer?

    /// Of transports that are no handler of their own.
    init() {}

    init(_ handler: WebSocketHandler, _ context: ChannelHandlerContext) {
        self.handler = Footprint.address(handler)
        self.context = Footprint.address(context)
        pipeline = Footprint.address(context.pipeline)
        channel = Footprint.address(context.channel as AnyObject)
    }

    private static func address(_ object: AnyObject) -> UnsafeRawPointer {
        UnsafeRawPointer(Unmanaged.passUnretained(object).toOpaque())
    }

    @inline(__always)
    func prefetch() {
        guard let handler, let context, let pipeline, let channel else { return }
        // An object's head, which reference counts change, and as much behind it as is used.
        Footprint.prefetch(handler, lines: 2)
        Footprint.prefetch(context, lines: 2)
        Footprint.prefetch(pipeline, lines: 1)
        Footprint.prefetch(channel, lines: 4)
    }

    @inline(__always)
    private static func prefetch(_ address: UnsafeRawPointer, lines: Int) {
        for line in 0..<lines { gatecast_prefetch(address + line * lineBytes) }
    }
}

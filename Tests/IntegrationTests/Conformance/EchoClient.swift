// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import NIOCore
internal import NIOPosix
internal import Synchronization

/// A plain WebSocket over a raw socket: it sends the bytes it is given, and is strict about what it is answered.
final class EchoClient: Sendable {
    struct Broken: Error, CustomStringConvertible {
        var description: String
    }

    private let channel: any Channel
    private let bytes: AsyncStream<ByteBuffer>
    private let unread = Mutex(ByteBuffer())

    private init(channel: any Channel, bytes: AsyncStream<ByteBuffer>) {
        (self.channel, self.bytes) = (channel, bytes)
    }

    static func open(port: Int, head: String? = nil) async throws -> EchoClient {
        let (stream, continuation) = AsyncStream<ByteBuffer>.makeStream()
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(EchoReader(out: continuation))
                }
            }
            .connect(host: "127.0.0.1", port: port).get()
        let client = EchoClient(channel: channel, bytes: stream)
        let lines = [
            "GET / HTTP/1.1", "Host: localhost", "Upgrade: websocket", "Connection: Upgrade",
            "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        ]
        _ = await client.send(Array((head ?? lines.joined(separator: "\r\n") + "\r\n\r\n").utf8))
        let answer = await client.readHead()
        guard answer.hasPrefix("HTTP/1.1 101 "), answer.contains(": s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n") else {
            throw Broken(description: answer)
        }
        return client
    }

    /// False once the connection is gone.
    func send(_ bytes: [UInt8]) async -> Bool {
        do {
            try await channel.writeAndFlush(ByteBuffer(bytes: bytes))
            return true
        } catch {
            // What it was answered is still to be read.
            return false
        }
    }

    func close() async { try? await channel.close() }  // already closed is as good

    /// The next frame as a reply; nil at the end of the connection. A server's frame is whole, unmasked and without
    /// reserved bits, its length as short as can be.
    func next() async throws -> ConformanceCase.Reply? {
        while true {
            if let reply = try unread.withLock({ try Self.take(&$0) }) { return reply }
            guard await more() else { break }
        }
        guard unread.withLock({ $0.readableBytes }) == 0 else { throw Broken(description: "the end within a frame") }
        return nil
    }

    private static func take(_ buffer: inout ByteBuffer) throws -> ConformanceCase.Reply? {
        var rest = buffer
        guard let first = rest.readInteger(as: UInt8.self), let second = rest.readInteger(as: UInt8.self) else {
            return nil
        }
        guard first & 0xF0 == 0x80, second & 0x80 == 0 else { throw Broken(description: "frame \(first), \(second)") }
        var length = Int(second)
        if second == 126 {
            guard let wide = rest.readInteger(as: UInt16.self) else { return nil }
            guard wide >= 126 else { throw Broken(description: "length \(wide) in 16 bits") }
            length = Int(wide)
        } else if second == 127 {
            guard let wide = rest.readInteger(as: UInt64.self) else { return nil }
            guard wide > 0xFFFF else { throw Broken(description: "length \(wide) in 64 bits") }
            length = Int(wide)
        }
        guard let payload = rest.readBytes(length: length) else { return nil }
        buffer = rest
        switch first & 0x0F {
        case 1: return .text(payload)
        case 2: return .binary(payload)
        case 8: return .close(payload.count >= 2 ? UInt16(payload[0]) << 8 | UInt16(payload[1]) : nil)
        case 10: return .pong(payload)
        default: throw Broken(description: "opcode \(first & 0x0F)")
        }
    }

    private func more() async -> Bool {
        for await part in bytes {
            unread.withLock {
                $0.discardReadBytes()
                _ = $0.writeImmutableBuffer(part)
            }
            return true
        }
        return false
    }

    func readHead() async -> String {
        while true {
            let head = unread.withLock { buffer -> String? in
                let text = String(buffer: buffer)
                guard let end = text.firstRange(of: "\r\n\r\n")?.upperBound else { return nil }
                return buffer.readString(length: text.utf8.distance(from: text.startIndex, to: end))
            }
            if let head { return head }
            guard await more() else { return unread.withLock { String(buffer: $0) } }
        }
    }
}

private final class EchoReader: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let out: AsyncStream<ByteBuffer>.Continuation

    init(out: AsyncStream<ByteBuffer>.Continuation) { self.out = out }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) { out.yield(unwrapInboundIn(data)) }

    func channelInactive(context: ChannelHandlerContext) { out.finish() }

    // A reset is an end like any other; what came before it was read.
    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}

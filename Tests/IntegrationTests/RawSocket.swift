// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import NIOCore
internal import NIOPosix
internal import NIOSSL
internal import Synchronization

/// A WebSocket client that may misbehave: it sends the bytes it is given, and reads only when it wants to.
final class RawSocket: Sendable {
    struct Frame: Sendable, Equatable {
        var opcode: UInt8
        var payload: [UInt8]
        var text: String { String(decoding: payload, as: UTF8.self) }
        /// Of a close frame.
        var code: UInt16? { opcode == 8 && payload.count >= 2 ? UInt16(payload[0]) << 8 | UInt16(payload[1]) : nil }
    }

    private let channel: any Channel
    private let bytes: AsyncStream<ByteBuffer>
    private let unread = Mutex(ByteBuffer())

    private init(channel: any Channel, bytes: AsyncStream<ByteBuffer>) {
        (self.channel, self.bytes) = (channel, bytes)
    }

    /// Shakes hands and reads `hello`.
    static func open(_ browser: Browser, path: String = "/live") async throws -> RawSocket {
        let (stream, continuation) = AsyncStream<ByteBuffer>.makeStream()
        let context = try NIOSSLContext(configuration: browser.tls)
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let tls = try NIOSSLClientHandler(context: context, serverHostname: "localhost")
                    try channel.pipeline.syncOperations.addHandlers(tls, Reader(out: continuation))
                }
            }
            .connect(host: "127.0.0.1", port: browser.port).get()
        let socket = RawSocket(channel: channel, bytes: stream)
        let cookies = browser.cookies.map { "\($0.key)=\($0.value)" }.joined(separator: "; ")
        let head = [
            "GET \(path) HTTP/1.1", "Host: \(browser.authority)", "Origin: \(browser.origin)", "Cookie: \(cookies)",
            "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        ]
        try await socket.send(Array((head.joined(separator: "\r\n") + "\r\n\r\n").utf8))
        let answer = await socket.headText()
        guard answer.hasPrefix("HTTP/1.1 101 ") else { throw LiveFrames.Unexpected(frame: answer) }
        guard let hello = await socket.next(), hello.text.contains(#""op":"hello""#) else {
            throw LiveFrames.Unexpected(frame: "no hello")
        }
        return socket
    }

    func send(_ bytes: [UInt8]) async throws { try await channel.writeAndFlush(ByteBuffer(bytes: bytes)) }

    /// - Parameter length: what the frame claims; nil is the payload's own.
    static func frame(_ opcode: UInt8, _ payload: [UInt8], isMasked: Bool = true, length: UInt64? = nil) -> [UInt8] {
        var frame = ByteBuffer()
        frame.writeInteger(0x80 | opcode)
        let flag: UInt8 = isMasked ? 0x80 : 0
        let length = length ?? UInt64(payload.count)
        if length < 126 {
            frame.writeInteger(flag | UInt8(length))
        } else if length <= 0xFFFF {
            frame.writeInteger(flag | 126)
            frame.writeInteger(UInt16(length))
        } else {
            frame.writeInteger(flag | 127)
            frame.writeInteger(length)
        }
        // The mask of zeros leaves the payload as it is.
        if isMasked { frame.writeRepeatingByte(0, count: 4) }
        frame.writeBytes(payload)
        return Array(frame.readableBytesView)
    }

    /// Stops taking bytes from the socket, so that the other side's buffers fill.
    func stopReading() async throws { try await channel.setOption(ChannelOptions.autoRead, value: false).get() }

    func startReading() async throws { try await channel.setOption(ChannelOptions.autoRead, value: true).get() }

    func cut() async { try? await channel.close() }  // already closed is as good

    /// The next frame; nil once the connection is over.
    func next() async -> Frame? {
        while true {
            if let frame = unread.withLock({ Self.takeFrame(&$0) }) { return frame }
            guard await more() else { return nil }
        }
    }

    func closeCode() async -> UInt16? {
        while let frame = await next() {
            if let code = frame.code { return code }
        }
        return nil
    }

    private func more() async -> Bool {
        for await part in bytes {
            unread.withLock { _ = $0.writeImmutableBuffer(part) }
            return true
        }
        return false
    }

    private func headText() async -> String {
        while true {
            let head = unread.withLock { buffer -> String? in
                let end: [UInt8] = [13, 10, 13, 10]
                let view = buffer.readableBytesView
                for index in view.indices.dropLast(3) where view[index..<(index + 4)].elementsEqual(end) {
                    return buffer.readString(length: index + 4 - view.startIndex)
                }
                return nil
            }
            if let head { return head }
            guard await more() else { return "" }
        }
    }

    private static func takeFrame(_ buffer: inout ByteBuffer) -> Frame? {
        var rest = buffer
        guard let first = rest.readInteger(as: UInt8.self), let second = rest.readInteger(as: UInt8.self) else {
            return nil
        }
        var length = Int(second)
        if second == 126 {
            guard let wide = rest.readInteger(as: UInt16.self) else { return nil }
            length = Int(wide)
        } else if second == 127 {
            guard let wide = rest.readInteger(as: UInt64.self) else { return nil }
            length = Int(wide)
        }
        guard let payload = rest.readBytes(length: length) else { return nil }
        buffer = rest
        buffer.discardReadBytes()
        return Frame(opcode: first & 0x0F, payload: payload)
    }
}

private final class Reader: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let out: AsyncStream<ByteBuffer>.Continuation

    init(out: AsyncStream<ByteBuffer>.Continuation) { self.out = out }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) { out.yield(unwrapInboundIn(data)) }

    func channelInactive(context: ChannelHandlerContext) { out.finish() }

    // A peer that cuts TLS short is what some tests provoke.
    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}

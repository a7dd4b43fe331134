// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import NIOCore
import NIOHPACK
import NIOHTTP2
import NIOPosix
import NIOSSL
import Synchronization
import TestSupport

/// An HTTP/2 client that sends frames as told, one stream at a time.
final class FrameClient: Sendable {
    private let channel: any Channel
    private init(_ channel: any Channel) { self.channel = channel }

    static func connect(port: Int) async throws -> FrameClient {
        let tls = try TestCertificates.shared.clientContext(protocols: ["h2"])
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    try pipeline.addHandler(NIOSSLClientHandler(context: tls, serverHostname: "localhost"))
                    try pipeline.addHandler(NIOHTTP2Handler(mode: .client))
                    try pipeline.addHandler(
                        HTTP2StreamMultiplexer(mode: .client, channel: channel, inboundStreamInitializer: nil)
                    )
                }
            }
            .connect(host: "127.0.0.1", port: port).get()
        return FrameClient(channel)
    }

    func open(_ headers: HPACKHeaders, endStream: Bool) async throws -> FrameStream {
        let stream = FrameStream()
        let connection = self.channel
        let channel = try await connection.eventLoop.flatSubmit {
            let promise = connection.eventLoop.makePromise(of: (any Channel).self)
            do {
                try connection.pipeline.syncOperations.handler(type: HTTP2StreamMultiplexer.self)
                    .createStreamChannel(promise: promise) { channel in
                        channel.pipeline.addHandler(FrameStream.Collector(stream))
                    }
            } catch {
                promise.fail(error)
            }
            return promise.futureResult
        }.get()
        stream.channel.withLock { $0 = channel }
        try await stream.send(.headers(.init(headers: headers, endStream: endStream)))
        return stream
    }

    var isOpen: Bool { self.channel.isActive }

    /// A frame of the connection itself.
    func ping() async throws {
        let frame = HTTP2Frame(streamID: .rootStream, payload: .ping(HTTP2PingData(withInteger: 1), ack: false))
        try await self.channel.writeAndFlush(frame).get()
    }

    func close() async { try? await self.channel.close().get() }  // closed already is fine
}

/// What one stream brought: `:status`, the bytes, how it ended.
final class FrameStream: Sendable {
    struct State {
        var status: String?
        var body: [UInt8] = []
        var dataFrames = 0
        var ended = false
        /// The peer's reset.
        var reset: HTTP2ErrorCode?
        var isClosed = false
        var waiters:
            [(condition: @Sendable (borrowing State) -> Bool, continuation: CheckedContinuation<Void, Never>)] = []
    }

    fileprivate let channel = Mutex<(any Channel)?>(nil)
    private let state = Mutex(State())

    var status: String? { self.state.withLock { $0.status } }
    var text: String { String(decoding: self.state.withLock { $0.body }, as: UTF8.self) }
    var dataFrames: Int { self.state.withLock { $0.dataFrames } }
    var ended: Bool { self.state.withLock { $0.ended } }
    var reset: HTTP2ErrorCode? { self.state.withLock { $0.reset } }

    func send(_ payload: HTTP2Frame.FramePayload) async throws {
        try await self.channel.withLock { $0 }?.writeAndFlush(payload).get()
    }

    /// Without waiting for the window.
    func post(_ bytes: [UInt8], endStream: Bool) {
        let payload = HTTP2Frame.FramePayload.data(.init(data: .byteBuffer(.init(bytes: bytes)), endStream: endStream))
        self.channel.withLock { $0 }?.writeAndFlush(payload, promise: nil)
    }

    func wait(until condition: @escaping @Sendable (borrowing State) -> Bool) async {
        await withCheckedContinuation { continuation in
            let holds = self.state.withLock { state in
                if condition(state) || state.isClosed { return true }
                state.waiters.append((condition, continuation))
                return false
            }
            if holds { continuation.resume() }
        }
    }

    private func change(_ body: (inout State) -> Void) {
        let woken = self.state.withLock { state in
            body(&state)
            let isClosed = state.isClosed
            var woken: [CheckedContinuation<Void, Never>] = []
            var rest = state.waiters
            rest.removeAll()
            for waiter in state.waiters {
                if isClosed || waiter.condition(state) {
                    woken.append(waiter.continuation)
                } else {
                    rest.append(waiter)
                }
            }
            state.waiters = rest
            return woken
        }
        for continuation in woken { continuation.resume() }
    }

    final class Collector: ChannelInboundHandler, Sendable {
        typealias InboundIn = HTTP2Frame.FramePayload
        private let stream: FrameStream

        init(_ stream: FrameStream) { self.stream = stream }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            switch self.unwrapInboundIn(data) {
            case .headers(let payload):
                self.stream.change {
                    $0.status = payload.headers.first(name: ":status")
                    $0.ended = payload.endStream
                }
            case .data(let payload):
                guard case .byteBuffer(let bytes) = payload.data else { return }
                self.stream.change {
                    $0.body += bytes.readableBytesView
                    $0.dataFrames += 1
                    $0.ended = payload.endStream
                }
            case .rstStream(let code): self.stream.change { $0.reset = code }
            default: break
            }
        }

        func channelInactive(context: ChannelHandlerContext) { self.stream.change { $0.isClosed = true } }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            if let error = error as? NIOHTTP2Errors.StreamClosed { self.stream.change { $0.reset = error.errorCode } }
            context.close(promise: nil)
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import NIOCore
import NIOPosix
import Synchronization

@testable import Upstreams

/// An upstream that fails in every way a request can be lost in, by chance with a fixed seed, and counts what arrived.
final class FaultyUpstream: Sendable {
    /// The one body its POSTs have.
    static let body = "abc"

    private enum Fault: CaseIterable {
        case resetAtOnce, resetAfterRequest, closeAfterRequest, halfHead, halfBody, closeAfterAnswer
    }

    private struct State {
        var random: SplitMix
        var arrivals: [String: Int] = [:]
        var channels: [any Channel] = []
    }

    private let state: Mutex<State>
    private let listener = Mutex<(any Channel)?>(nil)
    private let portNumber = Atomic<Int>(0)
    var port: Int { self.portNumber.load(ordering: .relaxed) }
    /// How often the head of "GET /7" came.
    var arrivals: [String: Int] { self.state.withLock { $0.arrivals } }

    private init(seed: UInt64) { self.state = Mutex(State(random: SplitMix(seed: seed))) }

    static func start(seed: UInt64) async throws -> FaultyUpstream {
        let upstream = FaultyUpstream(seed: seed)
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Handler(upstream))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        upstream.portNumber.store(channel.localAddress?.port ?? 0, ordering: .relaxed)
        upstream.listener.withLock { $0 = channel }
        return upstream
    }

    func stop() async {
        try? await self.listener.withLock { $0 }?.close().get()  // closed already is as good
        for channel in self.state.withLock({ $0.channels }) { channel.close(promise: nil) }
    }

    private func opened(_ channel: any Channel) -> Bool {
        self.state.withLock { state in
            state.channels.append(channel)
            return Int.random(in: 0..<10, using: &state.random) > 0
        }
    }

    private func fault(of request: String) -> Fault? {
        self.state.withLock { state in
            state.arrivals[request, default: 0] += 1
            // Most go well, or both endpoints would be out all the time.
            let chance = Int.random(in: 0..<4, using: &state.random)
            return chance == 0 ? Fault.allCases.randomElement(using: &state.random) : nil
        }
    }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        private let upstream: FaultyUpstream
        private var unread = ""

        init(_ upstream: FaultyUpstream) { self.upstream = upstream }

        func channelActive(context: ChannelHandlerContext) {
            if !self.upstream.opened(context.channel) { self.reset(context) }
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            self.unread += String(buffer: self.unwrapInboundIn(data))
            while let end = self.unread.firstRange(of: "\r\n\r\n")?.upperBound {
                let request = self.unread.prefix { $0 != "\r\n" }.split(separator: " ").prefix(2).joined(separator: " ")
                self.unread = String(self.unread[end...].trimmingPrefix(FaultyUpstream.body))
                self.answer(self.upstream.fault(of: request), context)
            }
        }

        private func answer(_ fault: Fault?, _ context: ChannelHandlerContext) {
            let whole = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"
            switch fault {
            case nil:
                self.write(whole, context)
            case .closeAfterAnswer:
                self.write(whole, context)
                context.close(promise: nil)
            case .closeAfterRequest:
                context.close(promise: nil)
            case .halfHead:
                self.write("HTTP/1.1 200 OK\r\ncontent-le", context)
                context.close(promise: nil)
            case .halfBody:
                self.write(String(whole.dropLast()), context)
                context.close(promise: nil)
            case .resetAtOnce, .resetAfterRequest:
                self.reset(context)
            }
        }

        private func write(_ text: String, _ context: ChannelHandlerContext) {
            context.writeAndFlush(self.wrapOutboundOut(ByteBuffer(string: text)), promise: nil)
        }

        private func reset(_ context: ChannelHandlerContext) {
            let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
            guard let socket = context.channel as? any SocketOptionProvider else { return }
            socket.setSoLinger(linger(l_onoff: 1, l_linger: 0)).whenComplete { _ in bound.value.close(promise: nil) }
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }
}

// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import NIOCore
internal import NIOPosix
internal import Settings
internal import Synchronization

/// Whether an upstream keeps an idle connection as long as the gateway would: one GET, then silence until somebody closes.
struct KeepAliveProbe: Sendable {
    enum Outcome: Sendable, Equatable {
        /// At least as long as the gateway.
        case keeps
        case closes(after: TimeAmount)
        /// Says `Connection: close`.
        case closesAlways
        /// There was no answer.
        case unknown
    }

    var address: ListenAddress
    var host: String
    var path: String
    /// How long the gateway keeps one.
    var limit: TimeAmount

    /// The doctor waits no longer, however long the gateway would.
    static let most = TimeAmount.seconds(8)
    /// A race is lost before the very end.
    static let margin = TimeAmount.milliseconds(200)
    /// Whatever the peer does, an answer without an end for one.
    static let longest = TimeAmount.seconds(15)

    func run() async -> Outcome {
        let request = "GET \(path) HTTP/1.1\r\nhost: \(host)\r\nx-forwarded-proto: https\r\n\r\n"
        let silence = min(limit, Self.most)
        let watch = Watch(patience: silence + Self.margin)
        do {
            let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .connectTimeout(DoctorHTTP.timeout)
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(WatchHandler(watch))
                    }
                }
                .connect(host: address.host, port: address.port).get()
            let end = channel.eventLoop.scheduleTask(in: Self.longest) { channel.close(promise: nil) }
            try await channel.writeAndFlush(ByteBuffer(string: request))
            try await channel.closeFuture.get()
            end.cancel()
        } catch {
            return .unknown
        }
        return watch.outcome(within: silence)
    }
}

/// What one connection saw: the answer's first bytes, its last, and the end.
private final class Watch: Sendable {
    private struct State {
        var head = ""
        var last: NIODeadline?
        var end: NIODeadline?
    }

    let patience: TimeAmount
    private let state = Mutex(State())

    init(patience: TimeAmount) { self.patience = patience }

    func read(_ bytes: ByteBuffer) {
        state.withLock { state in
            if state.head.utf8.count < 4_096 { state.head += String(buffer: bytes).lowercased() }
            state.last = .now()
        }
    }

    func ended() { state.withLock { $0.end = .now() } }

    func outcome(within limit: TimeAmount) -> KeepAliveProbe.Outcome {
        state.withLock { state in
            guard let last = state.last, let end = state.end else { return .unknown }
            if state.head.contains("\r\nconnection: close\r\n") { return .closesAlways }
            return end - last < limit ? .closes(after: end - last) : .keeps
        }
    }
}

private final class WatchHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    private let watch: Watch
    private var end: Scheduled<Void>?

    init(_ watch: Watch) { self.watch = watch }

    func channelActive(context: ChannelHandlerContext) {
        close(context, in: DoctorHTTP.timeout)
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        watch.read(unwrapInboundIn(data))
        close(context, in: watch.patience)
    }

    func channelInactive(context: ChannelHandlerContext) {
        end?.cancel()
        watch.ended()
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    private func close(_ context: ChannelHandlerContext, in delay: TimeAmount) {
        end?.cancel()
        let channel = context.channel
        end = context.eventLoop.scheduleTask(in: delay) { channel.close(promise: nil) }
    }
}

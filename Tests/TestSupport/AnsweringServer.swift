// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import Synchronization

/// A plain HTTP/1.1 server on loopback whose answers are Swift: for back ends that must think. For wrong bytes there is
/// `FakeUpstream`.
package final class AnsweringServer: Sendable {
    package struct Request: Sendable {
        package var method: String
        package var path: String
        package var headers: [(name: String, value: String)]
        package var body: [UInt8]

        package func header(_ name: String) -> String? { headers.first { $0.name.lowercased() == name }?.value }
        package var bearer: String? {
            header("authorization").flatMap { $0.hasPrefix("Bearer ") ? String($0.dropFirst(7)) : nil }
        }
    }

    package struct Answer: Sendable {
        package var status: Int
        package var body: String
        package var headers: [(name: String, value: String)]

        package init(_ status: Int, _ body: String = "", headers: [(name: String, value: String)] = []) {
            self.status = status
            self.body = body
            self.headers = headers + [("content-type", "application/json")]
        }
    }

    package let port: Int
    private let channel: any Channel

    /// - Parameter answer: `nil` closes the connection without a word.
    package static func start(
        _ answer: @escaping @Sendable (Request) async -> Answer?
    ) async throws -> AnsweringServer {
        let channel = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .serverChannelOption(.backlog, value: 1024)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandler(Handler(answer))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        return AnsweringServer(channel, port: channel.localAddress?.port ?? 0)
    }

    private init(_ channel: any Channel, port: Int) {
        self.channel = channel
        self.port = port
    }

    package func stop() async {
        // Fails only if it was closed already, which is what is wanted.
        try? await channel.close().get()
    }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = HTTPServerRequestPart
        typealias OutboundOut = HTTPServerResponsePart

        private let answer: @Sendable (Request) async -> Answer?
        private var request: Request?

        init(_ answer: @escaping @Sendable (Request) async -> Answer?) {
            self.answer = answer
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            switch unwrapInboundIn(data) {
            case .head(let head):
                request = Request(
                    method: head.method.rawValue,
                    path: head.uri,
                    headers: head.headers.map { ($0.name, $0.value) },
                    body: []
                )
            case .body(let bytes):
                request?.body += bytes.readableBytesView
            case .end:
                guard let request else { return }
                self.request = nil
                reply(to: request, context)
            }
        }

        private func reply(to request: Request, _ context: ChannelHandlerContext) {
            let promise = context.eventLoop.makePromise(of: Answer?.self)
            promise.completeWithTask { [answer] in await answer(request) }
            let context = NIOLoopBound(context, eventLoop: context.eventLoop)
            promise.futureResult.whenSuccess { answer in
                let context = context.value
                guard let answer else { return context.close(promise: nil) }
                var headers = HTTPHeaders(answer.headers.map { ($0.name, $0.value) })
                headers.add(name: "content-length", value: "\(answer.body.utf8.count)")
                let head = HTTPResponseHead(
                    version: .http1_1,
                    status: HTTPResponseStatus(statusCode: answer.status),
                    headers: headers
                )
                context.write(NIOAny(HTTPServerResponsePart.head(head)), promise: nil)
                let body = context.channel.allocator.buffer(string: answer.body)
                context.write(NIOAny(HTTPServerResponsePart.body(.byteBuffer(body))), promise: nil)
                context.writeAndFlush(NIOAny(HTTPServerResponsePart.end(nil)), promise: nil)
            }
        }
    }
}

/// Where somebody waits until a test says go. Once open it stays open.
package final class Gate: Sendable {
    private struct State {
        var isOpen: Bool
        var arrivals = 0
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let state: Mutex<State>

    package init(isOpen: Bool = false) { state = Mutex(State(isOpen: isOpen)) }

    /// How many have come so far, waiting or not.
    package var arrivals: Int { state.withLock { $0.arrivals } }

    package func pass() async {
        await withCheckedContinuation { continuation in
            let isOpen = state.withLock { state in
                state.arrivals += 1
                if !state.isOpen { state.waiting.append(continuation) }
                return state.isOpen
            }
            if isOpen { continuation.resume() }
        }
    }

    package func open() {
        let waiting = state.withLock { state in
            state.isOpen = true
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }
}

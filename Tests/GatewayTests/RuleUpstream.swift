// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import NIOCore
import NIOHTTP1
import NIOPosix
import Settings

/// A plain HTTP server that answers by a rule over path and fields, for what a real framework would decide by them.
final class RuleUpstream: Sendable {
    struct Answer: Sendable {
        var status = 200
        var headers: [(String, String)] = []
        var body = ""
        /// Closes so long after the answer.
        var closesAfter: TimeAmount?
    }

    typealias Rule = @Sendable (_ path: String, _ headers: HTTPHeaders) -> Answer

    private let channel: any Channel
    var address: ListenAddress { ListenAddress(host: "127.0.0.1", port: channel.localAddress?.port ?? 0) }

    static func run(_ rule: @escaping Rule, _ body: (RuleUpstream) async throws -> Void) async throws {
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandler(Responder(rule: rule))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let result: Result<Void, any Error>
        do { result = .success(try await body(RuleUpstream(channel: channel))) } catch { result = .failure(error) }
        try await channel.close()
        try result.get()
    }

    private init(channel: any Channel) { self.channel = channel }

    private final class Responder: ChannelInboundHandler {
        typealias InboundIn = HTTPServerRequestPart
        typealias OutboundOut = HTTPServerResponsePart
        private let rule: Rule

        init(rule: @escaping Rule) { self.rule = rule }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            guard case .head(let head) = unwrapInboundIn(data) else { return }
            let answer = rule(head.uri, head.headers)
            var headers = HTTPHeaders(answer.headers)
            headers.replaceOrAdd(name: "content-length", value: "\(answer.body.utf8.count)")
            let response = HTTPResponseHead(
                version: .http1_1,
                status: .init(statusCode: answer.status),
                headers: headers
            )
            context.write(wrapOutboundOut(.head(response)), promise: nil)
            context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: answer.body)))), promise: nil)
            context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
            if let span = answer.closesAfter {
                let channel = context.channel
                channel.eventLoop.scheduleTask(in: span) { channel.close(promise: nil) }
            }
        }
    }
}

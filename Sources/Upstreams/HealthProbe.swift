// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import HTTPMessages
internal import NIOCore
internal import NIOPosix
internal import NIOTLS

/// One question to one endpoint, over a connection of its own: is the answer's head there in time, and is it a 2xx?
struct HealthProbe {
    let endpoint: EndpointState
    let settings: HealthSettings

    /// Nil: well. Otherwise why not, for the log.
    func run(on loop: any EventLoop) async -> String? {
        let verdict = loop.makePromise(of: String?.self)
        let question = self.question()
        let endpoint = self.endpoint
        let connecting = ClientBootstrap(group: loop)
            .connectTimeout(self.settings.timeout)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    try endpoint.tls?.addHandlers(for: endpoint.address, to: pipeline)
                    let handler = HealthProbeHandler(question, afterHandshake: endpoint.tls != nil, verdict: verdict)
                    try pipeline.addHandler(handler)
                }
            }
            .connect(to: endpoint.candidates[endpoint.preferredCandidate])
        connecting.whenFailure { verdict.succeed("\($0)") }
        let deadline = loop.scheduleTask(in: self.settings.timeout) { verdict.succeed("no answer in time") }
        let failure: String?
        do { failure = try await verdict.futureResult.get() } catch { failure = "\(error)" }
        deadline.cancel()
        // Closed by the peer already is as good.
        connecting.whenSuccess { $0.close(promise: nil) }
        return failure
    }

    private func question() -> ByteBuffer {
        var head = ByteBuffer()
        HeadWriter.requestLine(.get, self.settings.path.utf8, into: &head)
        HeadWriter.field("host", self.settings.host ?? self.endpoint.name, into: &head)
        HeadWriter.field("user-agent", "gatecast-health", into: &head)
        HeadWriter.field("connection", "close", into: &head)
        HeadWriter.end(into: &head)
        return head
    }
}

/// Asks once the connection stands, reads the final head, judges its status.
private final class HealthProbeHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let question: ByteBuffer
    private let waitsForHandshake: Bool
    private let verdict: EventLoopPromise<String?>
    private var parser = HTTP1HeadParser(.response)
    private var head = MessageHead()
    private var buffer = ByteBuffer()

    init(_ question: ByteBuffer, afterHandshake: Bool, verdict: EventLoopPromise<String?>) {
        self.question = question
        self.waitsForHandshake = afterHandshake
        self.verdict = verdict
    }

    func channelActive(context: ChannelHandlerContext) {
        if !self.waitsForHandshake { self.ask(context) }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .handshakeCompleted? = event as? TLSUserEvent { self.ask(context) }
    }

    private func ask(_ context: ChannelHandlerContext) {
        context.writeAndFlush(self.wrapOutboundOut(self.question), promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = self.unwrapInboundIn(data)
        self.buffer.writeBuffer(&bytes)
        do throws(MessageError) {
            while try self.parser.parse(&self.buffer, into: &self.head) {
                guard self.head.status >= 200 else { continue }
                self.verdict.succeed(self.head.status < 300 ? nil : "status \(self.head.status)")
                return
            }
        } catch {
            self.verdict.succeed("\(error)")
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        self.verdict.succeed("\(error)")
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) { self.verdict.succeed("closed without an answer") }
}

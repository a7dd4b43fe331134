// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import NIOCore
internal import NIOSSL

/// Carries out what `SMTPExchange` decides. Bound to its event loop.
final class SMTPHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// Bytes of one line (RFC 5321 §4.5.3.1.5 says 512; servers are generous).
    private static let maximumLine = 4096

    private var exchange: SMTPExchange
    private let tls: NIOSSLContext
    private let host: String
    private let timeout: TimeAmount
    private var outcome: EventLoopPromise<Void>?
    private var received = ByteBuffer()
    private var deadline: Scheduled<Void>?

    init(
        exchange: SMTPExchange,
        tls: NIOSSLContext,
        host: String,
        timeout: TimeAmount,
        outcome: EventLoopPromise<Void>
    ) {
        self.exchange = exchange
        self.tls = tls
        self.host = host
        self.timeout = timeout
        self.outcome = outcome
    }

    /// An IP address gets no SNI; its certificate is checked against the address.
    static func tlsHandler(_ context: NIOSSLContext, host: String) throws -> NIOSSLClientHandler {
        do {
            return try NIOSSLClientHandler(context: context, serverHostname: host)
        } catch let error as NIOSSLExtraError where error == .cannotUseIPAddressInSNI {
            return try NIOSSLClientHandler(context: context, serverHostname: nil)
        }
    }

    func handlerAdded(context: ChannelHandlerContext) {
        let channel = context.channel
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        self.deadline = context.eventLoop.scheduleTask(in: self.timeout) {
            bound.value.end(.failure(MailError(.unreachable, "no answer in time")))
            channel.close(promise: nil)
        }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.end(.failure(MailError(.unreachable, "the connection was closed")))
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var buffer = self.unwrapInboundIn(data)
        self.received.writeBuffer(&buffer)
        while let line = self.line() {
            guard line.utf8.count <= Self.maximumLine else { return self.refuseLength(context) }
            self.run(self.exchange.received(line), context)
        }
        if self.received.readableBytes > Self.maximumLine { self.refuseLength(context) }
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.end(.failure(MailError(.unreachable, "the server closed the connection")))
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        let code: MailError.Code = error is NIOSSLError || error is BoringSSLError ? .insecure : .unreachable
        self.fail(MailError(code, "\(error)"), context)
    }

    private func line() -> String? {
        guard let end = self.received.readableBytesView.firstIndex(of: UInt8(ascii: "\n")) else { return nil }
        let length = end - self.received.readerIndex + 1
        guard let text = self.received.readString(length: length) else { return nil }
        self.received.discardReadBytes()
        return String(text.prefix { $0 != "\r\n" && $0 != "\n" && $0 != "\r" })
    }

    private func run(_ action: SMTPExchange.Action, _ context: ChannelHandlerContext) {
        switch action {
        case .none: break
        case .send(let line): self.write(line, context)
        case .startTLS: self.startTLS(context)
        case .finish:
            self.end(.success(()))
            self.write("QUIT", context)
            context.close(promise: nil)
        case .fail(let error): self.fail(error, context)
        }
    }

    private func refuseLength(_ context: ChannelHandlerContext) {
        self.fail(MailError(.unreachable, "a line of more than \(Self.maximumLine) bytes"), context)
    }

    private func startTLS(_ context: ChannelHandlerContext) {
        // Bytes that came with the answer came in plain text: nobody may smuggle them in (CVE-2011-0411).
        guard self.received.readableBytes == 0 else {
            return self.fail(MailError(.insecure, "plain text after STARTTLS"), context)
        }
        do {
            let handler = try Self.tlsHandler(self.tls, host: self.host)
            try context.pipeline.syncOperations.addHandler(handler, position: .first)
            self.run(self.exchange.secured(), context)
        } catch {
            self.fail(MailError(.insecure, "\(error)"), context)
        }
    }

    private func write(_ line: String, _ context: ChannelHandlerContext) {
        let buffer = context.channel.allocator.buffer(string: "\(line)\r\n")
        context.writeAndFlush(self.wrapOutboundOut(buffer), promise: nil)
    }

    private func fail(_ error: MailError, _ context: ChannelHandlerContext) {
        self.end(.failure(error))
        context.close(promise: nil)
    }

    private func end(_ result: Result<Void, MailError>) {
        self.deadline?.cancel()
        self.outcome?.completeWith(result.mapError { $0 as any Error })
        self.outcome = nil
    }
}

@available(*, unavailable)
extension SMTPHandler: Sendable {}

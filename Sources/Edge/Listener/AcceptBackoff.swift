// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Glibc
internal import Logging
internal import Metrics
internal import NIOCore

/// What becomes of an `accept` that fails. Out of descriptors the socket stays readable, so without a pause the loop would do
/// nothing but fail. Clients wait in the kernel's queue meanwhile and are taken when there is room. Told once at each end of the
/// trouble, counted each time.
///
/// NIO's `AcceptBackoffHandler` holds back `read` alone, and the selector goes on reporting the socket: 5,000 failures a second.
/// Turning auto-read off takes the socket out of the selector.
final class AcceptBackoff: ChannelInboundHandler {
    typealias InboundIn = any Channel
    typealias InboundOut = any Channel

    static let pause = TimeAmount.milliseconds(250)

    private let listener: String
    private let logger: Logger
    /// The reason, from the first failure to the next connection.
    private var trouble: String?
    private var resumption: Scheduled<Void>?
    private var hasStopped = false

    init(listener: String, logger: Logger) {
        self.listener = listener
        self.logger = logger
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if let trouble {
            self.trouble = nil
            self.logger.info("accepting again", metadata: ["listener": "\(self.listener)", "was": "\(trouble)"])
        }
        context.fireChannelRead(data)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard let failure = error as? IOError, failure.errnoCode != ECONNABORTED else {
            // A client that left the queue says nothing about us.
            return context.fireErrorCaught(error)
        }
        let reason = Self.reason(failure)
        Counter(
            label: "gatecast_accept_failures_total",
            dimensions: [("listener", self.listener), ("reason", reason)]
        ).increment()
        self.setAccepting(false, context)
        if self.resumption == nil {
            self.resumption = context.eventLoop.assumeIsolated().scheduleTask(in: Self.pause) { self.resume(context) }
        }
        guard self.trouble == nil else { return }
        self.trouble = reason
        self.logger.error(
            "connections cannot be accepted and wait",
            metadata: [
                "listener": "\(self.listener)", "reason": "\(reason)",
                "advice": "raise the limit on open files (ulimit -n, LimitNOFILE), or lower limits.connections",
            ]
        )
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is StopAccepting {
            self.hasStopped = true
            self.setAccepting(false, context)
        }
        context.fireUserInboundEventTriggered(event)
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.resumption?.cancel()
        context.fireChannelInactive()
    }

    private func resume(_ context: ChannelHandlerContext) {
        self.resumption = nil
        if !self.hasStopped { self.setAccepting(true, context) }
    }

    private func setAccepting(_ isOn: Bool, _ context: ChannelHandlerContext) {
        try? context.channel.syncOptions?.setOption(.autoRead, value: isOn)  // fails once it is closed
    }

    private static func reason(_ error: IOError) -> String {
        switch error.errnoCode {
        case EMFILE: "process-descriptors"
        case ENFILE: "system-descriptors"
        case ENOBUFS, ENOMEM: "memory"
        default: "other"
        }
    }
}

/// To a server channel: nothing more is accepted, whatever was paused.
struct StopAccepting {}

@available(*, unavailable) extension AcceptBackoff: Sendable {}

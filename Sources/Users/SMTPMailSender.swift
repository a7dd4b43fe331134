// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation
internal import NIOCore
internal import NIOPosix
internal import NIOSSL
internal import Settings

/// Sends one mail over one connection of its own: mails are few, and a connection that is not kept cannot be stale.
struct SMTPMailSender: MailSender {
    /// For the whole exchange: shorter than a service's shutdown.
    static let timeout: Duration = .seconds(20)

    private let settings: SMTPSettings
    private let from: String
    private let tls: NIOSSLContext
    private let group: any EventLoopGroup
    private let timeout: Duration

    /// - Parameter roots: of the server's certificate; the system's unless told otherwise.
    init(
        settings: SMTPSettings,
        from: String,
        roots: NIOSSLTrustRoots = .default,
        group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton,
        timeout: Duration = Self.timeout
    ) throws {
        self.settings = settings
        self.from = from
        self.group = group
        self.timeout = timeout
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.trustRoots = roots
        configuration.minimumTLSVersion = .tlsv12
        self.tls = try NIOSSLContext(configuration: configuration)
    }

    func send(_ mail: Mail) async throws(MailError) {
        let message = mail.message(from: self.from, id: UUID().uuidString.lowercased(), date: Date())
        let exchange = SMTPExchange(settings: self.settings, from: self.from, to: mail.to, message: message)
        let (tls, settings) = (self.tls, self.settings)
        let promise = self.group.any().makePromise(of: Void.self)
        let deadline = TimeAmount(self.timeout)
        do {
            let channel = try await ClientBootstrap(group: promise.futureResult.eventLoop)
                .connectTimeout(deadline)
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        if settings.security == .implicit {
                            try channel.pipeline.syncOperations.addHandler(
                                SMTPHandler.tlsHandler(tls, host: settings.host)
                            )
                        }
                        let handler = SMTPHandler(
                            exchange: exchange,
                            tls: tls,
                            host: settings.host,
                            timeout: deadline,
                            outcome: promise
                        )
                        try channel.pipeline.syncOperations.addHandler(handler)
                    }
                }
                .connect(host: self.settings.host, port: self.settings.port)
                .get()
            defer { channel.close(promise: nil) }
            try await promise.futureResult.get()
        } catch let error as MailError {
            throw error
        } catch {
            let error = MailError(.unreachable, "\(self.settings.host):\(self.settings.port): \(error)")
            promise.fail(error)  // without a connection nobody else completes it
            throw error
        }
    }
}

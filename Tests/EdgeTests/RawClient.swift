// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import NIOCore
import NIOPosix
import NIOSSL
import Synchronization
import TestSupport

/// A client that sends bytes as told and keeps what comes back, over TLS or plain.
final class RawClient: Sendable {
    fileprivate struct State {
        var bytes: [UInt8] = []
        var isClosed = false
        /// TLS or TCP ended without an orderly close.
        var error: String?
    }

    fileprivate let state = Watched(State())
    private let channel = Mutex<(any Channel)?>(nil)

    /// - Parameter preface: bytes ahead of TLS.
    static func connect(
        port: Int,
        tls: NIOSSLContext?,
        host: String = "127.0.0.1",
        serverName: String? = "localhost",
        preface: [UInt8] = []
    ) async throws -> RawClient {
        let client = RawClient()
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    if !preface.isEmpty { try pipeline.addHandler(Preface(preface)) }
                    if let tls {
                        try pipeline.addHandler(NIOSSLClientHandler(context: tls, serverHostname: serverName))
                    }
                    try pipeline.addHandler(Collector(client))
                }
            }
            .connect(host: host, port: port).get()
        client.channel.withLock { $0 = channel }
        return client
    }

    /// TLS from here on, on a connection that was opened without.
    func startTLS(_ context: NIOSSLContext) async throws {
        guard let channel = self.channel.withLock({ $0 }) else { return }
        try await channel.eventLoop.submit {
            try channel.pipeline.syncOperations.addHandler(
                NIOSSLClientHandler(context: context, serverHostname: "localhost"),
                position: .first
            )
        }.get()
    }

    func send(_ text: String) async throws { try await self.send(Array(text.utf8)) }

    func send(_ bytes: [UInt8]) async throws {
        guard let channel = self.channel.withLock({ $0 }) else { return }
        try await channel.writeAndFlush(ByteBuffer(bytes: bytes)).get()
    }

    func close() async { try? await self.channel.withLock { $0 }?.close().get() }  // closed already is fine

    /// Nothing more is sent; `belowTLS`: without TLS hearing of it.
    func endOutput(belowTLS: Bool = false) async throws {
        guard let channel = self.channel.withLock({ $0 }) else { return }
        guard belowTLS else { return try await channel.close(mode: .output).get() }
        try await channel.eventLoop.flatSubmit {
            let promise = channel.eventLoop.makePromise(of: Void.self)
            do {
                try channel.pipeline.syncOperations.context(handlerType: NIOSSLClientHandler.self)
                    .close(mode: .output, promise: promise)
            } catch {
                promise.fail(error)
            }
            return promise.futureResult
        }.get()
    }

    /// Closes both sides at once, TCP's too; `orderly`: TLS hears of it first.
    func leave(orderly: Bool) async {
        guard let channel = self.channel.withLock({ $0 }) else { return }
        // Fails where it was closed already.
        try? await channel.eventLoop.flatSubmit {
            let promise = channel.eventLoop.makePromise(of: Void.self)
            if orderly { channel.close(promise: nil) }
            if let tls = try? channel.pipeline.syncOperations.context(handlerType: NIOSSLClientHandler.self) {
                tls.close(promise: promise)
            } else {
                channel.close(promise: promise)
            }
            return promise.futureResult
        }.get()
    }

    func setReading(_ isOn: Bool) async throws {
        try await self.channel.withLock { $0 }?.setOption(.autoRead, value: isOn).get()
    }

    var text: String { String(decoding: self.state.read { $0.bytes }, as: UTF8.self) }
    /// How the connection broke; `nil` after an orderly end.
    var error: String? { self.state.read { $0.error } }
    var byteCount: Int { self.state.read { $0.bytes.count } }
    var bytes: [UInt8] { self.state.read { $0.bytes } }

    /// Returns everything received once it contains `text`, or once the connection has ended.
    @discardableResult
    func receive(until text: String, count: Int = 1) async -> String {
        await self.state.wait { state in
            state.isClosed || String(decoding: state.bytes, as: UTF8.self).components(of: text) >= count
        }
        return self.text
    }

    @discardableResult
    func receiveAll() async -> String {
        await self.state.wait { $0.isClosed }
        return self.text
    }

    private final class Preface: ChannelInboundHandler, Sendable {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer
        private let bytes: [UInt8]

        init(_ bytes: [UInt8]) { self.bytes = bytes }

        func channelActive(context: ChannelHandlerContext) {
            context.writeAndFlush(self.wrapOutboundOut(ByteBuffer(bytes: self.bytes)), promise: nil)
            context.fireChannelActive()
        }
    }

    private final class Collector: ChannelInboundHandler, Sendable {
        typealias InboundIn = ByteBuffer
        private let client: RawClient

        init(_ client: RawClient) { self.client = client }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let bytes = self.unwrapInboundIn(data)
            self.client.state.change { $0.bytes += bytes.readableBytesView }
        }

        func channelInactive(context: ChannelHandlerContext) { self.client.state.change { $0.isClosed = true } }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            self.client.state.change { $0.error = $0.error ?? "\(error)" }
            context.close(promise: nil)
        }
    }
}

extension String {
    /// How often `part` occurs.
    fileprivate func components(of part: String) -> Int {
        var count = 0
        var rest = self[...]
        while let range = rest.firstRange(of: part) {
            count += 1
            rest = rest[range.upperBound...]
        }
        return count
    }
}

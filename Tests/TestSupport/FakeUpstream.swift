// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation
package import NIOCore
internal import NIOPosix
package import NIOSSL
internal import Synchronization

/// A scripted HTTP/1.1 upstream over raw TCP: keeps the exact bytes every connection brought and answers with the exact
/// bytes it was told, however wrong.
///
///     let upstream = try await FakeUpstream.start([.receiveHead, .send("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")])
///
/// The n-th connection plays the n-th script, every further one the last. A script that is over leaves the connection
/// open.
package final class FakeUpstream: Sendable {
    package enum Step: Sendable {
        /// Waits for a complete request head after what was waited for before.
        case receiveHead
        /// Waits for a text after what was waited for before.
        case receive(String)
        /// Waits for so many bytes after what was waited for before.
        case receiveBytes(Int)
        case send(String)
        case sendBytes([UInt8])
        /// With `PORT` replaced by the upstream's own.
        case sendNamingPort(String)
        /// The same buffer many times, for bodies that should not be held whole.
        case sendRepeatedly([UInt8], times: Int)
        /// In pieces, each flushed on its own turn of the loop.
        case dribble(String, pieceSize: Int)
        /// Waits for `open(_:)` to be called with this name.
        case gate(String)
        case stopReading
        /// Begins at the first step again.
        case again
        /// FIN.
        case close
        /// RST, by `SO_LINGER` 0; unread and unsent bytes are lost.
        case reset
    }

    private struct State {
        var received: [[UInt8]] = []
        var closed: Set<Int> = []
        var openGates: Set<String> = []
        var players: [NIOLoopBound<ScriptPlayer>] = []
    }

    private let scripts: [[Step]]
    private let state = Watched(State())
    private let listener: Mutex<(any Channel)?> = Mutex(nil)
    /// After `stop`: another test that listened here would answer in this one's place.
    private let refusing = Mutex<RefusingPort?>(nil)
    package let host: String
    private let portNumber = Atomic<Int>(0)
    package var port: Int { self.portNumber.load(ordering: .relaxed) }

    private init(host: String, scripts: [[Step]]) {
        self.host = host
        self.scripts = scripts
    }

    package static func start(
        _ scripts: [Step]...,
        host: String = "127.0.0.1",
        tls: NIOSSLContext? = nil,
        group: any EventLoopGroup = .singletonMultiThreadedEventLoopGroup
    ) async throws -> FakeUpstream {
        let upstream = FakeUpstream(host: host, scripts: scripts.isEmpty ? [[]] : scripts)
        let channel = try await ServerBootstrap(group: group)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    if let tls { try pipeline.addHandler(NIOSSLServerHandler(context: tls)) }
                    try pipeline.addHandler(upstream.makePlayer(on: channel.eventLoop))
                }
            }
            .bind(host: host, port: 0).get()
        upstream.portNumber.store(channel.localAddress?.port ?? 0, ordering: .relaxed)
        upstream.listener.withLock { $0 = channel }
        return upstream
    }

    /// Every request on every connection gets the same answer.
    package static func answering(_ answer: String) async throws -> FakeUpstream {
        try await self.start([.receiveHead, .send(answer), .again])
    }

    /// Stops listening and closes every connection.
    package func stop() async {
        let channel = self.listener.withLock { listener in
            let channel = listener
            listener = nil
            return channel
        }
        // Fails only if it was closed already, which is what is wanted.
        try? await channel?.close().get()
        // Fails where somebody was faster, or on another loopback address; then it is as it always was.
        if channel != nil, self.host == "127.0.0.1" { self.refusing.withLock { $0 = try? RefusingPort(self.port) } }
        for player in self.state.read({ $0.players }) {
            player.eventLoop.execute { player.value.close() }
        }
    }

    package func open(_ gate: String) {
        let players = self.state.change { state in
            state.openGates.insert(gate)
            return state.players
        }
        for player in players {
            player.eventLoop.execute { player.value.play() }
        }
    }

    // MARK: What happened

    package var connectionCount: Int { self.state.read { $0.received.count } }
    /// All bytes the n-th connection brought.
    package func received(_ connection: Int = 0) -> [UInt8] {
        self.state.read { $0.received.indices.contains(connection) ? $0.received[connection] : [] }
    }
    package func receivedText(_ connection: Int = 0) -> String {
        String(decoding: self.received(connection), as: UTF8.self)
    }
    /// On all connections, in their order: an idle one may have ended on a busy machine.
    package var allReceivedText: String {
        self.state.read { String(decoding: $0.received.joined(), as: UTF8.self) }
    }
    /// Over all connections.
    package var receivedByteCount: Int { self.state.read { $0.received.reduce(0) { $0 + $1.count } } }

    package func waitForConnections(_ count: Int) async {
        await self.state.wait { $0.received.count >= count }
    }
    package func waitForBytes(_ count: Int, on connection: Int = 0) async {
        await self.state.wait { $0.received.count > connection && $0.received[connection].count >= count }
    }
    /// Until the peer, or the script, has closed the n-th connection.
    package func waitForClose(of connection: Int = 0) async {
        await self.state.wait { $0.closed.contains(connection) }
    }

    // MARK: For the players

    private func makePlayer(on loop: any EventLoop) -> ScriptPlayer {
        var number = 0
        self.state.change { state in
            number = state.received.count
            state.received.append([])
        }
        let script = self.scripts[min(number, self.scripts.count - 1)]
        let player = ScriptPlayer(number: number, script: script, upstream: self)
        self.state.change { $0.players.append(NIOLoopBound(player, eventLoop: loop)) }
        return player
    }

    fileprivate func record(_ bytes: ByteBufferView, on connection: Int) {
        self.state.change { $0.received[connection] += bytes }
    }

    fileprivate func recordClose(of connection: Int) {
        self.state.change { _ = $0.closed.insert(connection) }
    }

    fileprivate func isOpen(_ gate: String) -> Bool {
        self.state.read { $0.openGates.contains(gate) }
    }
}

/// Plays one connection's script.
private final class ScriptPlayer: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let number: Int
    private let script: [FakeUpstream.Step]
    private let upstream: FakeUpstream
    private var step = 0
    /// Received and not yet waited for.
    private var unread: [UInt8] = []
    private var context: ChannelHandlerContext?
    private var isPlaying = false
    private var dribbled = 0
    private var repeated = 0

    init(number: Int, script: [FakeUpstream.Step], upstream: FakeUpstream) {
        self.number = number
        self.script = script
        self.upstream = upstream
    }

    func channelActive(context: ChannelHandlerContext) {
        self.context = context
        self.play()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = self.unwrapInboundIn(data)
        self.unread += bytes.readableBytesView
        self.upstream.record(bytes.readableBytesView, on: self.number)
        self.play()
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.context = nil
        self.upstream.recordClose(of: self.number)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable { self.play() }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    func close() { self.context?.close(promise: nil) }

    func play() {
        guard !self.isPlaying else { return }
        self.isPlaying = true
        defer { self.isPlaying = false }
        while let context, self.step < self.script.count, self.perform(self.script[self.step], context) {}
    }

    /// False: waits for something.
    private func perform(_ step: FakeUpstream.Step, _ context: ChannelHandlerContext) -> Bool {
        switch step {
        case .receiveHead: return self.take(through: "\r\n\r\n")
        case .receive(let text): return self.take(through: text)
        case .receiveBytes(let count):
            guard self.unread.count >= count else { return false }
            self.unread.removeFirst(count)
        case .send(let text): self.write(Array(text.utf8), context)
        case .sendBytes(let bytes): self.write(bytes, context)
        case .sendNamingPort(let text):
            self.write(Array(text.replacingOccurrences(of: "PORT", with: "\(self.upstream.port)").utf8), context)
        case .sendRepeatedly(let bytes, let times):
            while self.repeated < times {
                guard context.channel.isWritable else { return false }
                self.repeated += 1
                self.write(bytes, context)
            }
            self.repeated = 0
        case .dribble(let text, let size):
            let bytes = Array(text.utf8)
            let end = min(self.dribbled + size, bytes.count)
            self.write(Array(bytes[self.dribbled..<end]), context)
            self.dribbled = end
            if end < bytes.count {
                context.eventLoop.assumeIsolated().execute { self.play() }
                return false
            }
            self.dribbled = 0
        case .gate(let name):
            guard self.upstream.isOpen(name) else { return false }
        case .stopReading:
            context.channel.setOption(.autoRead, value: false).whenFailure { _ in }
        case .again:
            self.step = 0
            return true
        case .close:
            self.step += 1
            context.close(promise: nil)
            return false
        case .reset:
            self.step += 1
            let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
            guard let socket = context.channel as? any SocketOptionProvider else {
                preconditionFailure("a listener's channel is a socket")
            }
            socket.setSoLinger(linger(l_onoff: 1, l_linger: 0)).whenComplete { _ in bound.value.close(promise: nil) }
            return false
        }
        self.step += 1
        return true
    }

    private func take(through text: String) -> Bool {
        let wanted = Array(text.utf8)
        guard self.unread.count >= wanted.count else { return false }
        for start in 0...(self.unread.count - wanted.count)
        where self.unread[start..<(start + wanted.count)].elementsEqual(wanted) {
            self.unread.removeFirst(start + wanted.count)
            self.step += 1
            return true
        }
        return false
    }

    private func write(_ bytes: [UInt8], _ context: ChannelHandlerContext) {
        context.writeAndFlush(self.wrapOutboundOut(ByteBuffer(bytes: bytes)), promise: nil)
    }
}

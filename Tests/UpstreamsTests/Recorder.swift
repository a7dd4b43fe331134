// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import HTTPMessages
import Logging
import NIOCore
import NIOPosix
import Settings

@testable import Upstreams

/// One loop with its pool, as an edge worker has it. Everything is reached through `run`.
final class Harness: Sendable {
    let loop: any EventLoop
    let upstream: Upstream
    private let pool: NIOLoopBound<LoopPool>

    init(port: Int..., adjust: (inout UpstreamSettings) -> Void = { _ in }) async throws {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        self.loop = loop
        var settings = UpstreamSettings(
            name: "test",
            endpoints: port.map { ListenAddress(host: "127.0.0.1", port: $0) }
        )
        adjust(&settings)
        self.upstream = Upstream(settings)
        self.pool = try await loop.submit {
            NIOLoopBound(LoopPool(loop: loop, logger: Logger(label: "test")), eventLoop: loop)
        }.get()
    }

    func run<Value: Sendable>(_ body: @escaping @Sendable (LoopPool) throws -> Value) async throws -> Value {
        let pool = self.pool
        return try await self.loop.submit { try body(pool.value) }.get()
    }

    /// Sends a request and gives what came of it once it ended.
    func send(
        _ method: HTTPMessages.Method = .get,
        _ target: String = "/",
        body: [String]? = nil,
        framing: BodyFraming? = nil
    ) async throws -> Exchange {
        let exchange = try await self.start(method, target, body: body, framing: framing)
        await exchange.ended()
        return exchange
    }

    func start(
        _ method: HTTPMessages.Method = .get,
        _ target: String = "/",
        body: [String]? = nil,
        framing: BodyFraming? = nil,
        finishes: Bool = true,
        pauses: Bool = false
    ) async throws -> Exchange {
        let framing = framing ?? body.map { .length($0.reduce(0) { $0 + $1.utf8.count }) } ?? .none
        let upstream = self.upstream
        return try await self.run { pool in
            var head = ByteBuffer()
            HeadWriter.requestLine(method, target.utf8, into: &head)
            HeadWriter.field("host", "a", into: &head)
            switch framing {
            case .length(let count): HeadWriter.contentLength(count, into: &head)
            case .chunked: HeadWriter.transferEncodingChunked(into: &head)
            case .none, .untilClose: break
            }
            HeadWriter.end(into: &head)
            let recorder = Recorder(pauses: pauses, promise: pool.loop.makePromise())
            let exchange = pool.start(
                UpstreamRequest(head: head, framing: framing, method: method),
                to: upstream,
                delegate: recorder
            )
            precondition(recorder.events.isEmpty, "the delegate was called from within start")
            recorder.exchange = exchange
            for part in body ?? [] { exchange.write(ByteBuffer(string: part)) }
            exchange.flush()
            if finishes { exchange.finish() }
            return Exchange(recorder: NIOLoopBound(recorder, eventLoop: pool.loop), done: recorder.promise.futureResult)
        }
    }
}

/// What a test sees of an exchange from outside its loop.
struct Exchange: Sendable {
    let recorder: NIOLoopBound<Recorder>
    let done: EventLoopFuture<Void>

    func ended() async { try? await self.done.get() }

    func run<Value: Sendable>(_ body: @escaping @Sendable (Recorder) -> Value) async throws -> Value {
        let recorder = self.recorder
        return try await recorder.eventLoop.submit { body(recorder.value) }.get()
    }

    var events: [String] { get async throws { try await self.run { $0.events } } }
    var body: String { get async throws { try await self.run { String(buffer: $0.body) } } }
    var byteCount: Int { get async throws { try await self.run { $0.byteCount } } }
}

final class Recorder: UpstreamExchangeDelegate {
    var exchange: UpstreamExchange?
    /// "103", "200 length(2)", "end", "failed reset", "writable true"; body parts are only counted.
    var events: [String] = []
    var body = ByteBuffer()
    var byteCount = 0
    var readsSincePause = 0
    let promise: EventLoopPromise<Void>
    private let pauses: Bool

    init(pauses: Bool, promise: EventLoopPromise<Void>) {
        self.pauses = pauses
        self.promise = promise
    }

    /// The promise must not be left behind.
    func cancel() {
        self.exchange?.cancel()
        self.promise.succeed()
    }

    func exchange(_ exchange: UpstreamExchange, receivedInterim head: borrowing MessageHead) {
        self.events.append("\(head.status)")
    }

    func exchange(_ exchange: UpstreamExchange, receivedHead head: borrowing MessageHead, framing: BodyFraming) {
        self.events.append("\(head.status) \(framing)")
        if self.pauses { exchange.pauseReading() }
    }

    func exchange(_ exchange: UpstreamExchange, receivedBody bytes: ByteBuffer) {
        self.byteCount += bytes.readableBytes
        if self.byteCount < 1 << 16 { self.body.writeImmutableBuffer(bytes) }
    }

    func exchangeReadComplete(_ exchange: UpstreamExchange) {
        if self.pauses { exchange.pauseReading() }
    }

    func exchangeEnded(_ exchange: UpstreamExchange) {
        self.events.append("end")
        self.promise.succeed()
    }

    func exchange(_ exchange: UpstreamExchange, failed error: UpstreamError) {
        self.events.append("failed \(error.code.rawValue)")
        self.promise.succeed()
    }

    func exchange(_ exchange: UpstreamExchange, isWritable: Bool) {
        self.events.append("writable \(isWritable)")
    }
}

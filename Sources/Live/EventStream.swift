// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import NIOCore
internal import Wire

/// One connection as server-sent events (live.md §2): same frames, `id:` as cursor. Edge has sent the head with 200
/// before `start()`. Loop-bound.
package final class EventStream {
    private enum State {
        case idle
        case streaming(Subscriber)
        case ended
    }

    /// What the browser waits between attempts when we have not told it otherwise, in milliseconds: drawn anew for each, so
    /// that those who lost one node do not come to the next as one wave.
    private static let retry = 1000...3000

    private let shard: HubShard
    private let join: JoinRequest
    /// nil once the body has ended.
    private var sink: (any EventStreamSink)?
    private var state = State.idle

    /// - Parameter lastEventID: the `Last-Event-ID` header; wins over `since`, since a reconnecting EventSource repeats
    ///   the old URL.
    package init(shard: HubShard, join: JoinRequest, sink: any EventStreamSink, lastEventID: String? = nil) {
        self.shard = shard
        var join = join
        if let lastEventID, !lastEventID.isEmpty { join.since = lastEventID }
        self.join = join
        self.sink = sink
    }

    /// A request with such a `Last-Event-ID` was told to stop before: 204 ends EventSource for good (live.md §2).
    package static func shouldStop(lastEventID: String?) -> Bool {
        guard let lastEventID else { return false }
        return ServerFrame.sseStop(lastEventID: lastEventID) != nil
    }

    /// Writes `retry:` and `hello`, or `bye` and the end of the body.
    package func start() {
        shard.loop.assertInEventLoop()
        guard case .idle = state else { return }
        switch shard.admit(join, output: .eventStream(self)) {
        case .refused(let code, let retry):
            close(code, retry: retry)
        case .admitted(let subscriber):
            state = .streaming(subscriber)
            var bytes = ByteBuffer()
            ServerFrame.sseRetry(milliseconds: .random(in: EventStream.retry), into: &bytes)
            sink?.write(bytes)
            shard.start(subscriber, since: join.since)
        }
    }

    package func sinkWritabilityChanged() {
        if case .streaming(let subscriber) = state, sink?.isWritable == true { shard.becameWritable(subscriber) }
    }

    /// The client went away, or the body failed.
    package func sinkClosed() {
        sink = nil
        guard case .streaming(let subscriber) = state else { return }
        state = .ended
        shard.left(subscriber, reason: "closed by peer")
    }

    // MARK: For the shard

    var isWritable: Bool { sink?.isWritable ?? false }
    var unflushedBytes: Int { sink?.unflushedBytes ?? 0 }

    func write(_ bytes: ByteBuffer) { sink?.write(bytes) }

    func write(frame: ByteBuffer, id: Cursor?) {
        var bytes = ByteBuffer()
        ServerFrame.sseEvent(id: id, frame: frame, into: &bytes)
        sink?.write(bytes)
    }

    func flush() { sink?.flush() }

    /// `id:` without `data:` moves the browser's cursor and fires nothing.
    func heartbeat(id: Cursor) {
        var bytes = ByteBuffer()
        ServerFrame.sseHeartbeat(id: id, into: &bytes)
        sink?.write(bytes)
        sink?.flush()
    }

    func close(_ code: CloseCode, retry: Int?) {
        guard let sink else { return }
        self.sink = nil
        state = .ended
        var bytes = ByteBuffer()
        ServerFrame.sseBye(code: code, retry: retry, into: &bytes)
        sink.write(bytes)
        sink.flush()
        sink.end()
    }
}

@available(*, unavailable)
extension EventStream: Sendable {}

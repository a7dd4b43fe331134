// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import NIOCore
internal import Wire

/// One long-poll (live.md §1): the same frames as an array, at most about 256 KB. Without `since` it answers `hello` at
/// once; with it, as soon as there is anything but `hello`. Loop-bound; completes exactly once, or never after `cancel`.
package final class LongPoll {
    private enum State {
        case idle
        case collecting(Subscriber)
        case answered
    }

    private static let limit = 256 * 1024

    private let shard: HubShard
    private let join: JoinRequest
    private let completion: (LongPollAnswer) -> Void
    private var state = State.idle
    private var body = ByteBuffer()
    private var frames = 0
    /// Where the client goes on from once it has handled `body`.
    private var cursor: Cursor?

    package init(shard: HubShard, join: JoinRequest, completion: @escaping (LongPollAnswer) -> Void) {
        self.shard = shard
        self.join = join
        self.completion = completion
    }

    package func start() {
        shard.loop.assertInEventLoop()
        guard case .idle = state else { return }
        switch shard.admit(join, output: .longPoll(self)) {
        case .refused(let code, let retry):
            state = .answered
            completion(LongPollAnswer(refusal: code, retry: retry))
        case .admitted(let subscriber):
            state = .collecting(subscriber)
            shard.start(subscriber, since: join.since)
        }
    }

    /// The client went away.
    package func cancel() { finish("closed by peer") }

    // MARK: For the shard

    /// Takes no more than about 256 KB; at the next flush it answers.
    var isWritable: Bool {
        guard case .collecting = state else { return false }
        return body.readableBytes < LongPoll.limit
    }

    /// WebSocket frames, from the ring or a batch: their payloads are wanted.
    func write(_ bytes: ByteBuffer, last: Cursor?) {
        bytes.withUnsafeReadableBytes { bytes in
            var rest = bytes[...]
            while rest.count >= 2 {
                let frame = UnsafeRawBufferPointer(rebasing: rest)
                let header = FrameOutput.headerLength(of: frame)
                let length = frame[(header == 2 ? 1 : 2)..<header].reduce(0) { $0 << 8 | Int($1) }
                add(frame[header..<header + length])
                rest = rest.dropFirst(header + length)
            }
        }
        cursor = last ?? cursor
    }

    func write(frame: ByteBuffer, id: Cursor?) {
        // `hello` is the first frame; a poll that resumes has no use for it.
        cursor = id ?? cursor
        if frames == 0, body.readableBytes == 0, join.since != nil, !isGreeted {
            isGreeted = true
            return
        }
        isGreeted = true
        add(frame.readableBytesView)
    }

    private var isGreeted = false

    private func add(_ frame: some Collection<UInt8>) {
        body.writeInteger(UInt8(ascii: frames == 0 ? "[" : ","))
        body.writeBytes(frame)
        frames += 1
    }

    func flush() {
        guard frames > 0 else { return }
        answer()
    }

    func timedOut() {
        guard case .collecting = state else { return }
        finish("answered")
        completion(LongPollAnswer(status: 204, cursor: cursor))
    }

    /// Sessions end, nodes drain: with nothing to tell, an early 204 for those who may come back.
    func close(_ code: CloseCode, retry: Int?) {
        guard case .collecting = state else { return }
        state = .answered
        if frames > 0 { return complete() }
        let isEarlyEnd = code == .draining || code == .maxAge
        completion(
            isEarlyEnd ? LongPollAnswer(status: 204, cursor: cursor) : LongPollAnswer(refusal: code, retry: retry)
        )
    }

    private func answer() {
        guard case .collecting = state else { return }
        finish("answered")
        complete()
    }

    private func complete() {
        body.writeInteger(UInt8(ascii: "]"))
        completion(LongPollAnswer(status: 200, body: Array(body.readableBytesView), cursor: cursor))
    }

    private func finish(_ reason: String) {
        guard case .collecting(let subscriber) = state else { return }
        state = .answered
        shard.left(subscriber, reason: reason)
    }
}

@available(*, unavailable)
extension LongPoll: Sendable {}

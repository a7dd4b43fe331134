// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import NIOCore

/// What frames do (RFC 9113 §6).
extension HTTP2ServerHandler {
    func receive(_ frame: FrameReader.Frame) throws(HTTP2Fault) {
        var frame = frame
        let header = frame.header
        try self.state.check(header)
        switch header.kind {
        case .data:
            try self.receiveData(&frame)
        case .headers:
            try frame.trim()
            if let block = try self.state.headers(header, frame.payload) { try self.receive(block) }
        case .continuation:
            if let block = try self.state.continuation(header, frame.payload) { try self.receive(block) }
        case .reset:
            try self.receiveReset(header.stream)
        case .settings:
            try self.receiveSettings(frame)
        case .ping:
            try self.receivePing(frame)
        case .windowUpdate:
            try self.receiveWindowUpdate(header.stream, frame.payload)
        case .goAway:
            self.announceEnd()
        case .priority, nil:
            try self.floods.priority(streams: self.served)  // RFC 9113 §5.3.2: read past
        case .pushPromise:
            break  // refused by `check`
        }
    }

    // MARK: Requests

    private func receive(_ block: HTTP2ConnectionState.Block) throws(HTTP2Fault) {
        // Also where nobody wants it: the table must see every block.
        try self.decoder.decode(block.bytes, limit: self.headerLimit, into: &self.block)
        if let stream = self.streams[block.stream] {
            try stream.state.receivedTrailers(
                endStream: block.endStream,
                isWellFormed: HTTP2Head.isTrailers(self.block)
            )
            return stream.received(ByteBuffer())  // trailers: dropped
        }
        switch try self.state.open(block.stream, active: self.streams.count, limit: self.streamLimit) {
        case .ignored: return
        case .refused: throw HTTP2Fault(.refusedStream, stream: block.stream)
        case .new: self.open(block)
        }
    }

    private var streamLimit: Int { self.worker.limits.streams }

    private func open(_ block: HTTP2ConnectionState.Block) {
        let state = HTTP2StreamState(
            id: block.stream,
            receiveWindow: self.streamWindow,
            sendWindow: self.state.initialSendWindow
        )
        let stream = self.spare.popLast() ?? HTTP2Stream(connection: self, state: state)
        stream.reuse(for: state)
        self.streams[block.stream] = stream
        self.served += 1
        let cap = self.worker.limits.requestsPerConnection
        if cap > 0, self.served >= cap { self.announceEnd() }
        stream.begin(self.block, endStream: block.endStream, limit: self.headerLimit)
    }

    private func receiveData(_ frame: inout FrameReader.Frame) throws(HTTP2Fault) {
        let header = frame.header
        let increment = try self.state.receivedData(header.length)
        if increment > 0 { FrameWriter.windowUpdate(0, increment, into: &self.outbound) }
        try frame.trim()
        let endStream = header.has(FrameHeader.Flag.endStream)
        try self.floods.data(isIdle: frame.payload.readableBytes == 0 && !endStream)
        guard let stream = self.streams[header.stream] else {
            if try self.state.checkClosed(header.stream) { return }
            throw HTTP2Fault(.streamClosed, stream: header.stream)
        }
        try stream.state.receivedData(size: header.length, count: frame.payload.readableBytes, endStream: endStream)
        stream.received(frame.payload)
    }

    private func receiveReset(_ id: UInt32) throws(HTTP2Fault) {
        if let stream = self.streams[id] {
            try self.floods.count(.reset, now: .now())
            stream.gone()
            self.retire(stream)
        } else {
            _ = try self.state.checkClosed(id)
            try self.floods.count(.control, now: .now())
        }
    }

    /// A fault of one stream: it is reset, and the connection goes on until there are too many of them.
    func streamFault(_ fault: HTTP2Fault) throws(HTTP2Fault) {
        try self.floods.count(.streamFault, now: .now())
        if let stream = self.streams[fault.stream] {
            stream.broke(fault.code)
        } else {
            self.state.didReset(fault.stream)
            FrameWriter.reset(fault.stream, fault.code, into: &self.outbound)
        }
    }

    // MARK: Connection

    private func receiveSettings(_ frame: FrameReader.Frame) throws(HTTP2Fault) {
        guard !frame.header.has(FrameHeader.Flag.ack) else { return }
        try self.floods.count(.control, now: .now())
        let change = try self.state.settings(frame.payload)
        if change.resizesTable { self.resizesTable = true }
        if change.windowShift != 0 {
            for stream in self.streams.values {
                try stream.state.shifted(by: change.windowShift)
                self.enqueue(stream)
            }
        }
        FrameWriter.settingsAck(into: &self.outbound)
    }

    private func receivePing(_ frame: FrameReader.Frame) throws(HTTP2Fault) {
        guard let word = frame.payload.getInteger(at: frame.payload.readerIndex, as: UInt64.self) else { return }
        if frame.header.has(FrameHeader.Flag.ack) { return self.pingAnswered(word) }
        try self.floods.count(.control, now: .now())
        FrameWriter.ping(word, ack: true, into: &self.outbound)
    }

    private func receiveWindowUpdate(_ id: UInt32, _ payload: ByteBuffer) throws(HTTP2Fault) {
        try self.floods.windowUpdate(framesSent: self.dataFramesSent, streams: self.served)
        let word = payload.getInteger(at: payload.readerIndex, as: UInt32.self) ?? 0
        let increment = Int(word & 0x7FFF_FFFF)
        if id == 0 {
            try self.state.opened(by: increment)
        } else if let stream = self.streams[id] {
            try stream.state.opened(by: increment)
            self.enqueue(stream)
        } else {
            _ = try self.state.checkClosed(id)
        }
    }
}

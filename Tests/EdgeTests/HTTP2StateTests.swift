// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import NIOCore
import Testing

@testable import Edge

@Suite("HTTP/2, its machines")
struct HTTP2StateTests {
    private static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)

    /// Every frame of the bytes, DATA joined again, however they were cut.
    private func frames(_ bytes: [UInt8], piece: Int) throws -> [String] {
        var reader = FrameReader()
        var buffer = ByteBuffer()
        var frames: [String] = []
        for start in stride(from: 0, to: bytes.count, by: piece) {
            buffer.writeBytes(bytes[start..<min(bytes.count, start + piece)])
            while let frame = try reader.next(&buffer) {
                let kind = frame.header.kind.map { "\($0)" } ?? "unknown"
                let text = String(buffer: frame.payload)
                if kind == "data", let last = frames.last, last.hasPrefix("data \(frame.header.stream) 0 ") {
                    frames.removeLast()
                    let before = last.dropFirst("data \(frame.header.stream) 0 ".count)
                    frames.append("data \(frame.header.stream) \(frame.header.flags) \(before)\(text)")
                } else {
                    frames.append("\(kind) \(frame.header.stream) \(frame.header.flags) \(text)")
                }
            }
        }
        return frames
    }

    @Test("Frames are the same however their bytes are cut")
    func cuts() throws {
        var buffer = ByteBuffer(bytes: Self.preface)
        FrameWriter.settings([(.initialWindowSize, 1), (.maxFrameSize, 16_384)], into: &buffer)
        FrameWriter.ping(7, ack: true, into: &buffer)
        FrameWriter.data(ByteBuffer(string: "hello world"), endStream: true, stream: 3, into: &buffer)
        FrameWriter.reset(3, .cancel, into: &buffer)
        FrameWriter.windowUpdate(0, 99, into: &buffer)
        FrameWriter.goAway(last: 3, .noError, into: &buffer)
        let bytes = Array(buffer.readableBytesView) + [0, 0, 1, 0xAA, 0, 0x80, 0, 0, 5, 0x78]
        let whole = try self.frames(bytes, piece: bytes.count)
        #expect(whole.count == 7)
        #expect(whole[2] == "data 3 1 hello world")
        #expect(whole[6] == "unknown 5 0 x")
        for piece in 1...40 { #expect(try self.frames(bytes, piece: piece) == whole) }
    }

    @Test("A frame of 16,384 bytes passes, one more is refused by its header")
    func frameSize() throws {
        var buffer = ByteBuffer(bytes: Self.preface)
        FrameWriter.header(.headers, length: 16_384, stream: 1, into: &buffer)
        buffer.writeRepeatingByte(0, count: 16_384)
        FrameWriter.header(.headers, length: 16_385, stream: 1, into: &buffer)
        var reader = FrameReader()
        let length = try reader.next(&buffer)?.payload.readableBytes
        #expect(length == 16_384)
        #expect(throws: HTTP2Fault(.frameSizeError)) { try reader.next(&buffer) }
    }

    @Test("A field block that one frame does not hold goes on in CONTINUATION")
    func continuation() throws {
        var buffer = ByteBuffer(bytes: Self.preface)
        FrameWriter.headers(stream: 1, endStream: true, into: &buffer) { $0.writeRepeatingByte(0x82, count: 40_000) }
        var reader = FrameReader()
        var frames: [FrameHeader] = []
        while let frame = try reader.next(&buffer) { frames.append(frame.header) }
        #expect(frames.map(\.kind) == [.headers, .continuation, .continuation])
        #expect(frames.map(\.length) == [16_384, 16_384, 40_000 - 32_768])
        #expect(frames.map(\.flags) == [FrameHeader.Flag.endStream, 0, FrameHeader.Flag.endHeaders])
    }

    private static func stream(window: Int = 100) -> HTTP2StreamState {
        var stream = HTTP2StreamState(id: 1, receiveWindow: window, sendWindow: 10)
        stream.receivedHead(length: nil, endStream: false)
        return stream
    }

    @Test("A stream takes what its window allows and not a byte more; half a window back is worth a frame")
    func receiveWindow() throws {
        var stream = Self.stream()
        try stream.receivedData(size: 100, count: 100, endStream: false)
        #expect(throws: HTTP2Fault(.flowControlError, stream: 1)) {
            try stream.receivedData(size: 1, count: 1, endStream: false)
        }
        let afterLess = stream.consumed(49)
        #expect(afterLess == 0)
        let afterHalf = stream.consumed(1)
        #expect(afterHalf == 50)
        try stream.receivedData(size: 50, count: 40, endStream: false)  // ten of padding come back by themselves
        let afterPadding = stream.consumed(40)
        #expect(afterPadding == 50)
    }

    @Test("DATA is as long as content-length says, no byte less and none more")
    func contentLength() throws {
        for (sizes, isWhole) in [([5], true), ([2, 3], true), ([4], false), ([2, 2], false)] {
            var stream = Self.stream()
            stream.receivedHead(length: 5, endStream: false)
            for size in sizes.dropLast() { try stream.receivedData(size: size, count: size, endStream: false) }
            let last = sizes[sizes.count - 1]
            if isWhole {
                try stream.receivedData(size: last, count: last, endStream: true)
            } else {
                #expect(throws: HTTP2Fault(.protocolError, stream: 1)) {
                    try stream.receivedData(size: last, count: last, endStream: true)
                }
            }
        }
        var long = Self.stream()
        long.receivedHead(length: 5, endStream: false)
        #expect(throws: HTTP2Fault(.protocolError, stream: 1)) {
            try long.receivedData(size: 6, count: 6, endStream: false)
        }
        var trailers = Self.stream()
        trailers.receivedHead(length: 5, endStream: false)
        #expect(throws: HTTP2Fault(.protocolError, stream: 1)) { try trailers.receivedTrailers(endStream: true) }
    }

    @Test("Behind its end a stream takes neither DATA nor trailers; trailers end it")
    func halfClosed() throws {
        var stream = Self.stream()
        try stream.receivedTrailers(endStream: true)
        #expect(stream.receivedEnd)
        #expect(throws: HTTP2Fault(.streamClosed, stream: 1)) { try stream.receivedTrailers(endStream: true) }
        #expect(throws: HTTP2Fault(.streamClosed, stream: 1)) {
            try stream.receivedData(size: 0, count: 0, endStream: true)
        }
        var open = Self.stream()
        #expect(throws: HTTP2Fault(.protocolError, stream: 1)) { try open.receivedTrailers(endStream: false) }
    }

    @Test("A window grows to 2,147,483,647 and no further, and may fall below nothing")
    func sendWindow() throws {
        var stream = Self.stream()
        try stream.opened(by: HTTP2StreamState.largestWindow - 10)
        #expect(throws: HTTP2Fault(.flowControlError, stream: 1)) { try stream.opened(by: 1) }
        #expect(throws: HTTP2Fault(.protocolError, stream: 1)) { try stream.opened(by: 0) }
        #expect(throws: HTTP2Fault(.flowControlError)) { try stream.shifted(by: 1) }
        var small = Self.stream()
        small.sent(10)
        try small.shifted(by: -5)
        #expect(small.sendWindow == -5)
        try small.opened(by: 6)
        #expect(small.sendWindow == 1)
    }

    @Test("Floods count within 30 s: the limit passes, one more does not; 0 counts nothing")
    func floods() throws {
        let start = NIODeadline.uptimeNanoseconds(1)
        var floods = HTTP2Floods(limit: 3, now: start)
        for _ in 0..<3 { try floods.count(.reset, now: start) }
        for _ in 0..<3 { try floods.count(.control, now: start) }
        #expect(throws: HTTP2Fault(.enhanceYourCalm)) { try floods.count(.reset, now: start + .seconds(29)) }
        try floods.count(.reset, now: start + .seconds(30))
        var off = HTTP2Floods(limit: 0, now: start)
        for _ in 0..<10_000 {
            try off.count(.streamFault, now: start)
            try off.windowUpdate(framesSent: 0, streams: 0)
            try off.priority(streams: 0)
            try off.data(isIdle: true)
        }
    }

    @Test("Window updates are measured by frames sent, priorities by requests, empty DATA by what follows it")
    func proportions() throws {
        var floods = HTTP2Floods(limit: 200, now: .uptimeNanoseconds(1))
        for _ in 0..<1_010 { try floods.windowUpdate(framesSent: 1, streams: 0) }
        #expect(throws: HTTP2Fault(.enhanceYourCalm)) { try floods.windowUpdate(framesSent: 1, streams: 0) }
        for _ in 0..<1_010 { try floods.priority(streams: 1) }
        #expect(throws: HTTP2Fault(.enhanceYourCalm)) { try floods.priority(streams: 1) }
        for _ in 0..<10 {
            try floods.data(isIdle: true)
            try floods.data(isIdle: false)
        }
        try floods.data(isIdle: true)
        #expect(throws: HTTP2Fault(.enhanceYourCalm)) { try floods.data(isIdle: true) }
    }

    @Test("The connection's window is given back from the half on, and refuses one byte more than it holds")
    func connectionWindow() throws {
        var state = HTTP2ConnectionState(window: 100_000, maximumBlock: 1)
        let growth = state.growWindow()
        #expect(growth == 100_000 - 65_535)
        let aboveHalf = try state.receivedData(50_000)
        #expect(aboveHalf == 0)
        let belowHalf = try state.receivedData(1)
        #expect(belowHalf == 50_001)
        #expect(throws: HTTP2Fault(.flowControlError)) { try state.receivedData(100_001) }
    }

    @Test("Ids only grow; streams over the limit, and those behind the last GOAWAY, are refused")
    func ids() throws {
        var state = HTTP2ConnectionState(window: 0, maximumBlock: 1)
        let first = try state.open(5, active: 0, limit: 1)
        #expect(first == .new)
        let overLimit = try state.open(7, active: 1, limit: 1)
        #expect(overLimit == .refused)
        #expect(throws: HTTP2Fault(.protocolError)) { try state.open(3, active: 0, limit: 1) }
        state.didClose(5)
        #expect(throws: HTTP2Fault(.streamClosed, stream: 5)) { try state.open(5, active: 0, limit: 1) }
        state.didReset(7)
        let late = try state.open(7, active: 0, limit: 1)
        #expect(late == .ignored)
        let isAnnounced = state.announceEnd()
        #expect(isAnnounced)
        let isAnnouncedAgain = state.announceEnd()
        #expect(!isAnnouncedAgain)
        let inFlight = try state.open(9, active: 0, limit: 1)
        #expect(inFlight == .new)
        let last = state.finalEnd()
        #expect(last == 9)
        let behindLast = try state.open(11, active: 0, limit: 1)
        #expect(behindLast == .refused)
    }
}

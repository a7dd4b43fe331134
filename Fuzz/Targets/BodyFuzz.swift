// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import HTTPMessages
import NIOCore

extension FuzzTarget {
    static let body = FuzzTarget(name: "body") { (bytes) throws(Broken) in try BodyFuzz.check(bytes) }
}

/// Bodies: the first byte chooses the framing, the rest is the body and whatever follows it.
enum BodyFuzz {
    struct Outcome: Equatable {
        enum End: Equatable { case whole(rest: Int), open, cutOff, refused(MessageError.Code) }
        var content: [UInt8] = []
        var end = End.open
    }

    static func framing(of byte: UInt8) -> BodyFraming {
        switch byte {
        case 0x00..<0x20: .none
        case 0x20..<0x30: .untilClose
        case 0x30..<0x3A: .length(Int(byte - 0x30) * 3)
        default: .chunked
        }
    }

    static func decode(_ bytes: [UInt8], _ framing: BodyFraming, piece: Int = .max) -> Outcome {
        var decoder = HTTP1BodyDecoder(framing)
        var outcome = Outcome()
        var buffer = ByteBuffer()
        var rest = bytes[...]
        do throws(MessageError) {
            repeat {
                buffer.writeBytes(rest.prefix(piece))
                rest = rest.dropFirst(piece)
                while true {
                    let part = try decoder.next(&buffer)
                    if part == .needMore { break }
                    guard case .chunk(let chunk) = part else {
                        outcome.end = .whole(rest: buffer.readableBytes + rest.count)
                        return outcome
                    }
                    outcome.content += chunk.readableBytesView
                }
            } while !rest.isEmpty
        } catch {
            outcome.end = .refused(error.code)
            return outcome
        }
        do throws(MessageError) {
            try decoder.channelClosed()
        } catch {
            outcome.end = .cutOff
        }
        return outcome
    }

    static func check(_ bytes: [UInt8]) throws(FuzzTarget.Broken) {
        guard let first = bytes.first else { return }
        let framing = self.framing(of: first)
        let body = Array(bytes.dropFirst())
        let whole = self.decode(body, framing)
        for piece in Cuts.pieces(of: bytes) {
            let cut = self.decode(body, framing, piece: piece)
            try FuzzTarget.require(cut == whole, "in pieces of \(piece): \(cut.end), whole: \(whole.end)")
        }
        // A body whose end nobody saw is never taken for whole, unless the connection's end is its end.
        try FuzzTarget.require(whole.end != .open || framing == .untilClose, "an unfinished body passed for whole")
        guard framing == .chunked, case .whole = whole.end else { return }
        var written = ByteBuffer()
        if !whole.content.isEmpty {
            HeadWriter.writeChunkHeader(whole.content.count, into: &written)
            written.writeBytes(whole.content)
            HeadWriter.chunkEnd(into: &written)
        }
        HeadWriter.lastChunk(into: &written)
        let again = self.decode(Array(written.readableBytesView), .chunked)
        try FuzzTarget.require(
            again == Outcome(content: whole.content, end: .whole(rest: 0)),
            "chunks written anew differ"
        )
    }
}

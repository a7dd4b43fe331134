// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import NIOCore

@testable import Edge

extension FuzzTarget {
    static let http2 = FuzzTarget(name: "http2") { (bytes) throws(Broken) in try HTTP2Fuzz.check(bytes) }
}

/// HTTP/2 frames and their field blocks: how the bytes were cut makes no difference, what a block decodes to is bounded and
/// survives being written and read again.
enum HTTP2Fuzz {
    private static let limit = 1_024

    struct Outcome: Equatable {
        /// Kind, stream and payload; DATA joined.
        var frames: [[UInt8]] = []
        var fault: HTTP2Fault?
    }

    static func read(_ bytes: [UInt8], piece: Int = .max) -> (Outcome, blocks: [ByteBuffer]) {
        var reader = FrameReader()
        var buffer = ByteBuffer()
        var outcome = Outcome()
        var blocks: [ByteBuffer] = []
        var isDataOpen = false
        var rest = bytes[...]
        do throws(HTTP2Fault) {
            while !rest.isEmpty {
                buffer.writeBytes(rest.prefix(piece))
                rest = rest.dropFirst(piece)
                while var frame = try reader.next(&buffer) {
                    let isData = frame.header.kind == .data && !frame.header.has(FrameHeader.Flag.padded)
                    let payload = Array(frame.payload.readableBytesView)
                    if isData, isDataOpen {
                        outcome.frames[outcome.frames.count - 1] += payload
                    } else {
                        let stream = withUnsafeBytes(of: frame.header.stream.bigEndian, Array.init)
                        outcome.frames.append([frame.header.kind?.rawValue ?? 0xFF] + stream + payload)
                    }
                    isDataOpen = isData && reader.isInData
                    guard frame.header.kind == .headers else { continue }
                    try frame.trim()
                    blocks.append(frame.payload)
                }
            }
        } catch {
            outcome.fault = error
        }
        // What of DATA had come when the input ended depends on the cut.
        if isDataOpen { outcome.frames.removeLast() }
        return (outcome, blocks)
    }

    static func check(_ bytes: [UInt8]) throws(FuzzTarget.Broken) {
        let (whole, blocks) = self.read(bytes)
        for piece in Cuts.pieces(of: bytes) {
            let cut = self.read(bytes, piece: piece).0
            try FuzzTarget.require(cut == whole, "in pieces of \(piece): \(cut), whole: \(whole)")
        }
        var decoder = FieldBlockDecoder()
        var block = FieldBlock()
        for bytes in blocks {
            do throws(HTTP2Fault) { try decoder.decode(bytes, limit: self.limit, into: &block) } catch { return }
            try FuzzTarget.require(block.bytes.count <= self.limit, "\(block.bytes.count) bytes of a list")
            try self.checkAgain(block)
        }
    }

    private static func checkAgain(_ block: FieldBlock) throws(FuzzTarget.Broken) {
        var written = ByteBuffer()
        var expected: [[UInt8]] = []
        for field in block.fields {
            let value = block.value(field)
            guard value.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }) else { continue }
            FieldBlockEncoder.field(name: block.name(field), value: value, into: &written)
            expected += [Array(block.name(field)), Array(value)]
        }
        var decoder = FieldBlockDecoder()
        var again = FieldBlock()
        do throws(HTTP2Fault) { try decoder.decode(written, limit: .max / 8, into: &again) } catch {
            throw FuzzTarget.Broken("what was encoded is refused: \(error)")
        }
        let found = again.fields.flatMap { [Array(again.name($0)), Array(again.value($0))] }
        try FuzzTarget.require(found == expected, "encoded: \(expected), decoded: \(found)")
    }
}

// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import Live
import NIOCore

extension FuzzTarget {
    static let frames = FuzzTarget(name: "frames") { (bytes) throws(Broken) in try FrameFuzz.check(bytes) }
}

/// Client frames of RFC 6455: how the bytes were cut makes no difference, and a message that is accepted reads the same when it is
/// sent in one frame.
enum FrameFuzz {
    private static let limit = 1024

    static func parse(_ bytes: [UInt8], piece: Int = .max) -> (messages: [FrameParser.Message], refused: FrameError?) {
        var parser = FrameParser(limit: limit)
        var messages: [FrameParser.Message] = []
        var buffer = ByteBuffer()
        var rest = bytes[...]
        do throws(FrameError) {
            while !rest.isEmpty {
                buffer.writeBytes(rest.prefix(piece))
                rest = rest.dropFirst(piece)
                while let message = try parser.next(&buffer) { messages.append(message) }
            }
            return (messages, nil)
        } catch {
            return (messages, error)
        }
    }

    static func check(_ bytes: [UInt8]) throws(FuzzTarget.Broken) {
        let whole = self.parse(bytes)
        for piece in Cuts.pieces(of: bytes) {
            let cut = self.parse(bytes, piece: piece)
            try FuzzTarget.require(cut == whole, "in pieces of \(piece): \(cut), whole: \(whole)")
        }
        for message in whole.messages {
            let (opcode, payload): (UInt8, [UInt8])
            switch message {
            case .text(let text):
                try FuzzTarget.require(String(validating: text, as: UTF8.self) != nil, "a text that is no UTF-8")
                (opcode, payload) = (0x1, text)
            case .binary(let bytes): (opcode, payload) = (0x2, bytes)
            case .ping(let bytes): (opcode, payload) = (0x9, Array(bytes.readableBytesView))
            case .pong: (opcode, payload) = (0xA, [])
            case .close(let code?): (opcode, payload) = (0x8, [UInt8(code >> 8), UInt8(truncatingIfNeeded: code)])
            case .close(nil): (opcode, payload) = (0x8, [])
            }
            try FuzzTarget.require(payload.count <= self.limit, "\(payload.count) bytes, beyond the limit")
            let again = self.parse(self.frame(opcode, payload))
            try FuzzTarget.require(again == ([message], nil), "in one frame: \(again), first: \(message)")
        }
    }

    /// RFC 6455 §5.2, masked.
    private static func frame(_ opcode: UInt8, _ payload: [UInt8]) -> [UInt8] {
        let mask: [UInt8] = [0xA5, 0x00, 0x3C, 0xFF]
        var bytes = [0x80 | opcode]
        if payload.count < 126 {
            bytes.append(0x80 | UInt8(payload.count))
        } else {
            bytes += [0x80 | 126, UInt8(payload.count >> 8), UInt8(truncatingIfNeeded: payload.count)]
        }
        return bytes + mask + payload.enumerated().map { $1 ^ mask[$0 % 4] }
    }
}

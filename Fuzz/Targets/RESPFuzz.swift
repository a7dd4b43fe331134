// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import NIOCore
import Redis

extension FuzzTarget {
    static let resp = FuzzTarget(name: "resp") { (bytes) throws(Broken) in try RESPFuzz.check(bytes) }
}

/// Replies of Redis: how the bytes were cut makes no difference, and an argument of any bytes comes back as it went.
enum RESPFuzz {
    static func read(_ bytes: [UInt8], piece: Int = .max) -> (values: [RESPValue], refused: RedisError.Code?) {
        var reader = RESPReader(maximumReplyBytes: 1 << 16)
        var values: [RESPValue] = []
        var rest = bytes[...]
        do throws(RedisError) {
            while !rest.isEmpty {
                var buffer = ByteBuffer(bytes: rest.prefix(piece))
                rest = rest.dropFirst(piece)
                try reader.feed(&buffer)
                while let value = try reader.next() { values.append(value) }
            }
            return (values, nil)
        } catch {
            return (values, error.code)
        }
    }

    static func check(_ bytes: [UInt8]) throws(FuzzTarget.Broken) {
        // A peer that announces a thousand million elements gets the memory for them from hiredis 0.14: Redis is believed that far.
        guard !self.announcesMany(bytes) else { return }
        let whole = self.read(bytes)
        for piece in Cuts.pieces(of: bytes) {
            let cut = self.read(bytes, piece: piece)
            try FuzzTarget.require(cut == whole, "in pieces of \(piece): \(cut), whole: \(whole)")
        }
        var command = ByteBuffer()
        RESPWriter.write([.string("XADD"), .bytes(bytes), .integer(Int64(bytes.count))], into: &command)
        let sent = self.read(Array(command.readableBytesView))
        let expected = RESPValue.array([
            .bulk(Array("XADD".utf8)), .bulk(bytes), .bulk(Array("\(bytes.count)".utf8)),
        ])
        try FuzzTarget.require(sent == ([expected], nil), "a command reads \(sent)")
    }

    private static func announcesMany(_ bytes: [UInt8]) -> Bool {
        bytes.indices.contains { index in
            bytes[index] == UInt8(ascii: "*")
                && bytes[(index + 1)...].prefix { $0 != 0x0D && $0 != 0x0A }.count > 5
        }
    }
}

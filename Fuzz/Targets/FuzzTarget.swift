// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

/// One way in: any bytes, and what must hold of what becomes of them.
///
/// A new one is a file beside this, an entry of `all`, and a folder of seeds under `Fuzz/Corpus` with its name.
struct FuzzTarget: Sendable {
    /// Also the name of its folders.
    let name: String
    /// Throws `Broken` where a property does not hold. A refusal of the bytes is a good end.
    let check: @Sendable (_ bytes: [UInt8]) throws(Broken) -> Void

    static let all = [
        requestHead, responseHead, body, headerPolicy, cookies, token, http2, frames, commands, cursors, events, json,
        msgpack, resp,
    ]

    /// What did not hold, for the person who reads the report.
    struct Broken: Error, CustomStringConvertible {
        let description: String
        init(_ description: String) { self.description = description }
    }

    static func require(_ holds: Bool, _ property: @autoclosure () -> String) throws(Broken) {
        guard holds else { throw Broken(property()) }
    }
}

/// Where to cut the bytes: everywhere a short input can be cut would be quadratic, so the bytes themselves choose.
enum Cuts {
    static func pieces(of bytes: [UInt8]) -> [Int] {
        let hash = bytes.reduce(UInt64(0xCBF2_9CE4_8422_2325)) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01B3 }
        return [1, 2 + Int(hash % 7), max(1, Int(hash >> 8 % UInt64(max(1, bytes.count))))]
    }
}

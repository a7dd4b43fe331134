// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import Intake
import StrictJSON

extension FuzzTarget {
    static let msgpack = FuzzTarget(name: "msgpack") { (bytes) throws(Broken) in try MessagePackFuzz.check(bytes) }
}

/// MessagePack from Django: what is taken is whole, is JSON, keeps to its limit, and says the same when it is packed again.
enum MessagePackFuzz {
    private static let limit = 1 << 20

    static func check(_ bytes: [UInt8]) throws(FuzzTarget.Broken) {
        guard let json = try? MessagePackReader.json(bytes, limit: self.limit) else { return }
        for count in [bytes.count - 1, bytes.count / 2] {
            let part = try? MessagePackReader.json(Array(bytes.prefix(count)), limit: self.limit)
            try FuzzTarget.require(part == nil, "its first \(count) bytes passed for whole")
        }
        try FuzzTarget.require(self.error(bytes + [0xC0], self.limit) == .trailing, "a byte behind it was overlooked")
        try FuzzTarget.require(self.error(bytes, json.count) == nil, "its own size is too big")
        try FuzzTarget.require(self.error(bytes, json.count - 1) == .tooBig, "beyond the limit, and accepted")

        let value: JSONValue
        do throws(JSONError) {
            value = try JSONScanner.parse(json, limits: JSONLimits(depth: 64, members: self.limit))
        } catch {
            // MessagePack has nothing against two members of one name; ChannelsMessage refuses them as any other JSON.
            return try FuzzTarget.require(error.code == .duplicateMember, "no JSON: \(error)")
        }
        let again = try? MessagePackReader.json(self.packed(value), limit: self.limit)
        try FuzzTarget.require(again == value.encoded(), "packed again it says something else than \(value)")
    }

    private static func error(_ bytes: [UInt8], _ limit: Int) -> MessagePackError? {
        do throws(MessagePackError) {
            _ = try MessagePackReader.json(bytes, limit: limit)
            return nil
        } catch {
            return error
        }
    }

    private static func packed(_ value: JSONValue) -> [UInt8] {
        switch value {
        case .null: [0xC0]
        case .bool(let bool): [bool ? 0xC3 : 0xC2]
        case .integer(let integer): [0xD3] + self.bytes(UInt64(bitPattern: integer), 8)
        case .number(let number): [0xCB] + self.bytes(number.bitPattern, 8)
        case .string(let text): [0xDB] + self.bytes(UInt64(text.utf8.count), 4) + text.utf8
        case .array(let elements):
            [0xDD] + self.bytes(UInt64(elements.count), 4) + elements.flatMap(self.packed)
        case .object(let members):
            [0xDF] + self.bytes(UInt64(members.count), 4)
                + members.flatMap { self.packed(.string($0.name)) + self.packed($0.value) }
        }
    }

    private static func bytes(_ word: UInt64, _ count: Int) -> [UInt8] {
        (0..<count).reversed().map { UInt8(truncatingIfNeeded: word >> (8 * UInt64($0))) }
    }
}

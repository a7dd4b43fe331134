// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import Wire

extension FuzzTarget {
    static let cursors = FuzzTarget(name: "cursors") { (bytes) throws(Broken) in try CursorFuzz.check(bytes) }
}

/// Cursors and topics from outside: one spelling each, and no value of a claim that brings a dot or a star.
enum CursorFuzz {
    static func check(_ bytes: [UInt8]) throws(FuzzTarget.Broken) {
        let cursor = Cursor(bytes: bytes)
        try FuzzTarget.require(cursor == self.slow(bytes), "\(String(describing: cursor)), and read slowly another")
        if let cursor {
            try FuzzTarget.require(Array(cursor.description.utf8) == bytes, "two spellings of \(cursor)")
            try FuzzTarget.require(cursor.next() > cursor || cursor.next() == cursor, "what comes next is before")
        }

        let text = String(decoding: bytes, as: UTF8.self)
        if let filter = try? TopicFilter(text) {
            try FuzzTarget.require(Array(filter.description.utf8) == bytes, "two spellings of a filter")
            let parts = filter.prefix.split(separator: ".", omittingEmptySubsequences: false)
            try FuzzTarget.require((1...8).contains(parts.count), "\(parts.count) segments")
            try FuzzTarget.require(parts.allSatisfy { self.isSegment($0.utf8) }, "a segment with a foreign character")
            try FuzzTarget.require(filter.covers(filter), "it does not cover itself")
        }
        let segment = Topic.segment(encoding: text)
        try FuzzTarget.require(self.isSegment(segment.utf8), "\(segment) is no segment")
        try FuzzTarget.require(
            segment.utf8.elementsEqual(text.utf8) != segment.hasPrefix("b64-"),
            "an encoded value and a plain one meet"
        )
    }

    private static func isSegment(_ bytes: some Sequence<UInt8>) -> Bool {
        var count = 0
        for byte in bytes {
            count += 1
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x5F, 0x2D: continue
            default: return false
            }
        }
        return count > 0
    }

    /// The same question asked the slow way.
    private static func slow(_ bytes: [UInt8]) -> Cursor? {
        let parts = bytes.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
        guard parts.count == 2 else { return nil }
        let numbers = parts.compactMap { part -> UInt64? in
            guard part.allSatisfy({ (0x30...0x39).contains($0) }), part.count == 1 || part.first != 0x30 else {
                return nil
            }
            return UInt64(String(decoding: part, as: UTF8.self))
        }
        return numbers.count == 2 ? Cursor(milliseconds: numbers[0], sequence: numbers[1]) : nil
    }
}

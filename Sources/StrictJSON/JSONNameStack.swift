// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

/// The member names of every object that is open, innermost last. The first 32 live on the stack of the scan.
struct JSONNameStack {
    private struct Entry {
        var span = JSONStringSpan()
        /// FNV-1a over the decoded bytes: only equal hashes are compared byte by byte.
        var hash: UInt64 = 0
    }

    private var inline = InlineArray<32, Entry>(repeating: Entry())
    private var spilled: [Entry] = []
    private(set) var count = 0

    /// Adds a name unless an equal one was added since `base`. Equal means: the same once escapes are decoded.
    mutating func push(_ span: JSONStringSpan, unlessAmong base: Int, in bytes: UnsafeRawBufferPointer) -> Bool {
        let entry = Entry(span: span, hash: Self.hash(span, in: bytes))
        for index in base..<count {
            let other = index < inline.count ? inline[index] : spilled[index - inline.count]
            if other.hash == entry.hash, Self.equal(other.span, span, in: bytes) { return false }
        }
        if count < inline.count { inline[count] = entry } else { spilled.append(entry) }
        count += 1
        return true
    }

    mutating func truncate(to count: Int) {
        spilled.removeLast(max(0, self.count - max(count, inline.count)))
        self.count = count
    }

    private static func hash(_ span: JSONStringSpan, in bytes: UnsafeRawBufferPointer) -> UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        if span.isEscaped {
            var decoded = JSONDecodedBytes(span, in: bytes)
            while let byte = decoded.next() { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        } else {
            for index in span.start..<span.end { hash = (hash ^ UInt64(bytes[index])) &* 0x100_0000_01B3 }
        }
        return hash
    }

    private static func equal(_ a: JSONStringSpan, _ b: JSONStringSpan, in bytes: UnsafeRawBufferPointer) -> Bool {
        var left = JSONDecodedBytes(a, in: bytes)
        var right = JSONDecodedBytes(b, in: bytes)
        while true {
            let (x, y) = (left.next(), right.next())
            if x != y { return false }
            if x == nil { return true }
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import NIOCore

/// Field blocks of RFC 7541 into a `FieldBlock`: one per connection, since each block changes the table for the next.
struct FieldBlockDecoder {
    /// SETTINGS_HEADER_TABLE_SIZE: we leave it at its default.
    static let tableSize = 4_096
    /// A list this many times over its limit is an attack, not a request: the connection ends.
    private static let excess = 4

    private var table = HeaderTable(capacity: Self.tableSize)
    private static let broken = HTTP2Fault(.compressionError)

    /// - Parameter limit: of the list's size; beyond it fields are decoded for the table's sake, and dropped.
    mutating func decode(
        _ bytes: borrowing ByteBuffer,
        limit: Int,
        into block: inout FieldBlock
    ) throws(HTTP2Fault) {
        block.reset()
        let result: Result<Void, HTTP2Fault> = bytes.withUnsafeReadableBytes { bytes in
            do throws(HTTP2Fault) {
                try self.decode(bytes, limit, &block)
                return .success(())
            } catch {
                return .failure(error)
            }
        }
        try result.get()
    }

    private mutating func decode(
        _ bytes: UnsafeRawBufferPointer,
        _ limit: Int,
        _ block: inout FieldBlock
    ) throws(HTTP2Fault) {
        var input = HPACKInput(bytes)
        var mayResize = true
        while let first = input.peek {
            if first & 0xE0 == 0x20 {  // size update: only before the first field (§4.2)
                let size = try input.integer(prefix: 5)
                guard mayResize, size <= Self.tableSize else { throw Self.broken }
                self.table.resize(to: size)
                continue
            }
            mayResize = false
            let start = block.bytes.count
            var nameLength: Int
            if first & 0x80 != 0 {
                nameLength = try self.copy(try input.integer(prefix: 7), nameOnly: false, into: &block.bytes)
            } else {
                let isIndexed = first & 0x40 != 0
                let name = try input.integer(prefix: isIndexed ? 6 : 4)
                if name == 0 {
                    try input.string(into: &block.bytes)
                    nameLength = block.bytes.count - start
                } else {
                    nameLength = try self.copy(name, nameOnly: true, into: &block.bytes)
                }
                try input.string(into: &block.bytes)
                if isIndexed { self.table.insert(block.bytes[start...], nameLength: nameLength) }
            }
            block.end(start: start, nameLength: nameLength, limit: limit)
            guard block.size <= limit &* Self.excess else { throw HTTP2Fault(.enhanceYourCalm) }
        }
    }

    private func copy(_ index: Int, nameOnly: Bool, into bytes: inout [UInt8]) throws(HTTP2Fault) -> Int {
        guard index > 0 else { throw Self.broken }
        if index <= StaticTable.count {
            let entry = StaticTable.entries[index - 1]
            bytes.append(contentsOf: nameOnly ? entry.name : entry.both)
            return entry.name.count
        }
        guard let length = self.table.copy(index - StaticTable.count - 1, nameOnly: nameOnly, into: &bytes) else {
            throw Self.broken
        }
        return length
    }
}

/// Integers and strings of RFC 7541 §5.
struct HPACKInput {
    private let bytes: UnsafeRawBufferPointer
    private var index = 0
    private static let broken = HTTP2Fault(.compressionError)

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    var peek: UInt8? { self.index < self.bytes.count ? self.bytes[self.index] : nil }

    private mutating func byte() throws(HTTP2Fault) -> UInt8 {
        guard self.index < self.bytes.count else { throw Self.broken }
        defer { self.index += 1 }
        return self.bytes[self.index]
    }

    /// At most 28 bits beyond the prefix: far more than anything we take.
    mutating func integer(prefix: Int) throws(HTTP2Fault) -> Int {
        let mask = (1 << prefix) - 1
        var value = Int(try self.byte()) & mask
        guard value == mask else { return value }
        var shift = 0
        while true {
            let byte = try self.byte()
            value += Int(byte & 0x7F) << shift
            if byte & 0x80 == 0 { return value }
            shift += 7
            guard shift <= 21 else { throw Self.broken }
        }
    }

    mutating func string(into output: inout [UInt8]) throws(HTTP2Fault) {
        guard let first = self.peek else { throw Self.broken }
        let length = try self.integer(prefix: 7)
        guard length <= self.bytes.count - self.index else { throw Self.broken }
        let piece = UnsafeRawBufferPointer(rebasing: self.bytes[self.index..<(self.index + length)])
        self.index += length
        if first & 0x80 == 0 {
            output.append(contentsOf: piece)
        } else {
            guard HuffmanCode.decode(piece, into: &output) else { throw Self.broken }
        }
    }
}

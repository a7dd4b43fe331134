// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

/// A decoded field block: one byte array and a table of offsets, reused from block to block.
struct FieldBlock {
    struct Field {
        let name: Range<Int>
        let value: Range<Int>
    }

    var bytes: [UInt8] = []
    private(set) var fields: [Field] = []
    /// As SETTINGS_MAX_HEADER_LIST_SIZE counts: names, values and 32 bytes for each field.
    private(set) var size = 0

    static let overhead = 32

    func name(_ field: Field) -> ArraySlice<UInt8> { self.bytes[field.name] }
    func value(_ field: Field) -> ArraySlice<UInt8> { self.bytes[field.value] }

    mutating func reset() {
        self.bytes.removeAll(keepingCapacity: true)
        self.fields.removeAll(keepingCapacity: true)
        self.size = 0
    }

    /// Makes what was stored since `start` a field, unless the list is over `limit`: then it is only counted.
    mutating func end(start: Int, nameLength: Int, limit: Int) {
        self.size += self.bytes.count - start + Self.overhead
        guard self.size <= limit else { return self.bytes.removeSubrange(start...) }
        self.fields.append(Field(name: start..<(start + nameLength), value: (start + nameLength)..<self.bytes.count))
    }
}

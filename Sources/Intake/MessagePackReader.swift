// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation
internal import StrictJSON

/// One MessagePack value into JSON, in one pass. Every type is read; what JSON has no word for is refused, but for `bin`,
/// which becomes base64, and integer keys, which become their digits. Pure; no length is believed before its bytes are
/// there, so hostile input costs what it weighs.
package struct MessagePackReader {
    private let bytes: ArraySlice<UInt8>
    private var position: Int
    private var output: [UInt8] = []
    private let depth: Int
    private let limit: Int

    /// - Parameters:
    ///   - depth: arrays and maps within one another.
    ///   - limit: bytes of the JSON.
    package static func json(_ bytes: [UInt8], depth: Int = 64, limit: Int) throws(MessagePackError) -> [UInt8] {
        var reader = MessagePackReader(bytes[...], depth: depth, limit: limit)
        try reader.value(depth: 0)
        guard reader.position == bytes.endIndex else { throw .trailing }
        return reader.output
    }

    private init(_ bytes: ArraySlice<UInt8>, depth: Int, limit: Int) {
        (self.bytes, self.depth, self.limit) = (bytes, depth, limit)
        position = bytes.startIndex
    }

    // MARK: Values

    private mutating func value(depth: Int) throws(MessagePackError) {
        let type = try byte()
        switch type {
        case 0x00...0x7F: try write("\(type)")
        case 0x80...0x8F: try map(Int(type & 0x0F), depth: depth)
        case 0x90...0x9F: try array(Int(type & 0x0F), depth: depth)
        case 0xA0...0xBF: try string(Int(type & 0x1F))
        case 0xC0: try write("null")
        case 0xC1: throw .unknownType
        case 0xC2: try write("false")
        case 0xC3: try write("true")
        case 0xC4...0xC6: try binary(try length(1 << (type - 0xC4)))
        case 0xC7...0xC9: try refuseExtension(lengthSize: 1 << (type - 0xC7))
        case 0xCA:
            try real(Double(Float(bitPattern: UInt32(try integer(4)))), text: Float(bitPattern: last32).description)
        case 0xCB: try real(bits: try integer(8))
        case 0xCC...0xCF: try write("\(try integer(1 << (type - 0xCC)))")
        case 0xD0: try write("\(Int8(truncatingIfNeeded: try integer(1)))")
        case 0xD1: try write("\(Int16(truncatingIfNeeded: try integer(2)))")
        case 0xD2: try write("\(Int32(truncatingIfNeeded: try integer(4)))")
        case 0xD3: try write("\(Int64(bitPattern: try integer(8)))")
        case 0xD4...0xD8: try refuseExtension(lengthSize: 0)
        case 0xD9...0xDB: try string(try length(1 << (type - 0xD9)))
        case 0xDC, 0xDD: try array(try length(type == 0xDC ? 2 : 4), depth: depth)
        case 0xDE, 0xDF: try map(try length(type == 0xDE ? 2 : 4), depth: depth)
        case 0xE0...0xFF: try write("\(Int8(bitPattern: type))")
        default: throw .unknownType
        }
    }

    private mutating func array(_ count: Int, depth: Int) throws(MessagePackError) {
        guard depth < self.depth else { throw .tooDeep }
        try put(UInt8(ascii: "["))
        for index in 0..<count {
            if index > 0 { try put(UInt8(ascii: ",")) }
            try value(depth: depth + 1)
        }
        try put(UInt8(ascii: "]"))
    }

    private mutating func map(_ count: Int, depth: Int) throws(MessagePackError) {
        guard depth < self.depth else { throw .tooDeep }
        try put(UInt8(ascii: "{"))
        for index in 0..<count {
            if index > 0 { try put(UInt8(ascii: ",")) }
            try key()
            try put(UInt8(ascii: ":"))
            try value(depth: depth + 1)
        }
        try put(UInt8(ascii: "}"))
    }

    private mutating func key() throws(MessagePackError) {
        guard position < bytes.endIndex else { throw .truncated }
        switch bytes[position] {
        case 0xA0...0xBF, 0xD9...0xDB:
            try value(depth: 0)
        case 0x00...0x7F, 0xCC...0xD3, 0xE0...0xFF:
            try put(UInt8(ascii: "\""))
            try value(depth: 0)
            try put(UInt8(ascii: "\""))
        default:
            throw .badKey
        }
    }

    private mutating func string(_ count: Int) throws(MessagePackError) {
        guard let text = String(validating: try take(count), as: UTF8.self) else { throw .notUTF8 }
        JSONText.quote(text, into: &output)
        try checkSize()
    }

    private mutating func binary(_ count: Int) throws(MessagePackError) {
        try write("\"\(Data(try take(count)).base64EncodedString())\"")
    }

    private mutating func refuseExtension(lengthSize: Int) throws(MessagePackError) {
        if lengthSize > 0 { _ = try length(lengthSize) }
        throw .extensionType(Int8(bitPattern: try byte()))
    }

    private mutating func real(bits: UInt64) throws(MessagePackError) {
        let number = Double(bitPattern: bits)
        try real(number, text: number.description)
    }

    /// `text`: the shortest that is read back as the same number.
    private mutating func real(_ number: Double, text: String) throws(MessagePackError) {
        guard number.isFinite else { throw .notFinite }
        try write(text)
    }

    // MARK: Bytes

    /// The four bytes just read, for a float's own text.
    private var last32: UInt32 {
        bytes[(position - 4)..<position].reduce(0) { $0 << 8 | UInt32($1) }
    }

    private mutating func byte() throws(MessagePackError) -> UInt8 {
        guard position < bytes.endIndex else { throw .truncated }
        defer { position += 1 }
        return bytes[position]
    }

    private mutating func integer(_ size: Int) throws(MessagePackError) -> UInt64 {
        try take(size).reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// No element takes less than a byte, so more of them than there are bytes is a lie.
    private mutating func length(_ size: Int) throws(MessagePackError) -> Int {
        let length = try integer(size)
        guard length <= UInt64(bytes.endIndex - position) else { throw .truncated }
        return Int(length)
    }

    private mutating func take(_ count: Int) throws(MessagePackError) -> ArraySlice<UInt8> {
        guard count <= bytes.endIndex - position else { throw .truncated }
        defer { position += count }
        return bytes[position..<position + count]
    }

    // MARK: JSON

    private mutating func put(_ byte: UInt8) throws(MessagePackError) {
        output.append(byte)
        try checkSize()
    }

    private mutating func write(_ text: String) throws(MessagePackError) {
        output.append(contentsOf: text.utf8)
        try checkSize()
    }

    private func checkSize() throws(MessagePackError) {
        if output.count > limit { throw .tooBig }
    }
}

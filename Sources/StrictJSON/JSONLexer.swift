// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

/// Walks the bytes once. `skipValue` and `parseValue` differ only in what they do with the pieces, so that there is
/// one grammar; both recurse, bounded by `JSONLimits.depth`.
struct JSONLexer {
    let bytes: UnsafeRawBufferPointer
    let limits: JSONLimits
    private(set) var position = 0
    private var names = JSONNameStack()

    init(_ bytes: UnsafeRawBufferPointer, limits: JSONLimits) {
        self.bytes = bytes
        self.limits = limits
    }

    var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

    func failure(_ code: JSONError.Code) -> JSONError { JSONError(code, offset: position) }

    mutating func skipWhitespace() {
        while position < bytes.count {
            switch bytes[position] {
            case 0x20, 0x0A, 0x0D, 0x09: position += 1
            default: return
            }
        }
    }

    mutating func expectEnd() throws(JSONError) {
        skipWhitespace()
        if position < bytes.count { throw failure(.trailingBytes) }
    }

    mutating func skipValue(depth: Int) throws(JSONError) {
        skipWhitespace()
        switch peek {
        case UInt8(ascii: "\""): _ = try string()
        case UInt8(ascii: "{"):
            try object(depth: depth) { (lexer, _) throws(JSONError) in try lexer.skipValue(depth: depth + 1) }
        case UInt8(ascii: "["):
            try array(depth: depth) { (lexer) throws(JSONError) in try lexer.skipValue(depth: depth + 1) }
        case UInt8(ascii: "t"): try literal("true")
        case UInt8(ascii: "f"): try literal("false")
        case UInt8(ascii: "n"): try literal("null")
        default: _ = try number()
        }
    }

    mutating func parseValue(depth: Int) throws(JSONError) -> JSONValue {
        skipWhitespace()
        switch peek {
        case UInt8(ascii: "\""):
            return .string(text(of: try string()))
        case UInt8(ascii: "{"):
            var members: [JSONValue.Member] = []
            try object(depth: depth) { (lexer, name) throws(JSONError) in
                let value = try lexer.parseValue(depth: depth + 1)
                members.append(.init(name: lexer.text(of: name), value: value))
            }
            return .object(members)
        case UInt8(ascii: "["):
            var elements: [JSONValue] = []
            try array(depth: depth) { (lexer) throws(JSONError) in
                elements.append(try lexer.parseValue(depth: depth + 1))
            }
            return .array(elements)
        case UInt8(ascii: "t"):
            try literal("true")
            return .bool(true)
        case UInt8(ascii: "f"):
            try literal("false")
            return .bool(false)
        case UInt8(ascii: "n"):
            try literal("null")
            return .null
        default:
            return value(of: try number())
        }
    }

    /// Called at `{`. `value` is called at the first byte of each member's value and must consume it.
    mutating func object(
        depth: Int,
        _ value: (inout JSONLexer, JSONStringSpan) throws(JSONError) -> Void
    ) throws(JSONError) {
        try enter(depth)
        if try leave(at: UInt8(ascii: "}")) { return }
        let base = names.count
        repeat {
            skipWhitespace()
            let name = try self.name(since: base)
            skipWhitespace()
            try expect(UInt8(ascii: ":"))
            skipWhitespace()
            try value(&self, name)
        } while try another(before: UInt8(ascii: "}"))
        names.truncate(to: base)
    }

    /// Called at `[`. `element` is called at the first byte of each element and must consume it.
    mutating func array(depth: Int, _ element: (inout JSONLexer) throws(JSONError) -> Void) throws(JSONError) {
        try enter(depth)
        if try leave(at: UInt8(ascii: "]")) { return }
        repeat {
            skipWhitespace()
            try element(&self)
        } while try another(before: UInt8(ascii: "]"))
    }

    private mutating func name(since base: Int) throws(JSONError) -> JSONStringSpan {
        let start = position
        guard peek == UInt8(ascii: "\"") else { throw unexpected() }
        let name = try string()
        guard names.count - base < limits.members else { throw JSONError(.tooManyMembers, offset: start) }
        guard names.push(name, unlessAmong: base, in: bytes) else { throw JSONError(.duplicateMember, offset: start) }
        return name
    }

    private mutating func enter(_ depth: Int) throws(JSONError) {
        guard depth < limits.depth else { throw failure(.tooDeep) }
        position += 1
    }

    private mutating func leave(at close: UInt8) throws(JSONError) -> Bool {
        skipWhitespace()
        guard peek == close else { return false }
        position += 1
        return true
    }

    private mutating func another(before close: UInt8) throws(JSONError) -> Bool {
        skipWhitespace()
        if peek == UInt8(ascii: ",") {
            position += 1
            return true
        }
        try expect(close)
        return false
    }

    private mutating func expect(_ byte: UInt8) throws(JSONError) {
        guard peek == byte else { throw unexpected() }
        position += 1
    }

    private mutating func literal(_ word: StaticString) throws(JSONError) {
        for offset in 0..<word.utf8CodeUnitCount { try expect(word.utf8Start[offset]) }
    }

    func unexpected() -> JSONError { failure(position < bytes.count ? .unexpectedByte : .endOfInput) }

    mutating func advance(to position: Int) { self.position = position }
}

// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

/// The one judge of JSON in Gatecast: exactly one value (RFC 8259), in UTF-8, no duplicate member name, no lone
/// surrogate, finite numbers, bounded depth, nothing after it but whitespace.
///
/// Stricter than the RFC wherever two readers could understand the same bytes differently: what passes here is
/// spliced into frames and signed statements that others parse.
package enum JSONScanner {
    /// Allocates nothing while the objects that are open at one time have at most 32 names between them.
    package static func validate(
        _ bytes: UnsafeRawBufferPointer,
        limits: JSONLimits = .init()
    ) throws(JSONError) {
        var lexer = JSONLexer(bytes, limits: limits)
        try lexer.skipValue(depth: 0)
        try lexer.expectEnd()
    }

    package static func validate(_ bytes: [UInt8], limits: JSONLimits = .init()) throws(JSONError) {
        try withLexer(over: bytes[...], limits: limits) { (lexer) throws(JSONError) in
            try lexer.skipValue(depth: 0)
        }
    }

    package static func validate(_ bytes: ArraySlice<UInt8>, limits: JSONLimits = .init()) throws(JSONError) {
        try withLexer(over: bytes, limits: limits) { (lexer) throws(JSONError) in
            try lexer.skipValue(depth: 0)
        }
    }

    package static func parse(_ bytes: [UInt8], limits: JSONLimits = .init()) throws(JSONError) -> JSONValue {
        try withLexer(over: bytes[...], limits: limits) { (lexer) throws(JSONError) in
            try lexer.parseValue(depth: 0)
        }
    }

    /// The members of the one object that `bytes` must be, in order; each value as a range of `bytes`, for splicing.
    package static func members(
        ofObject bytes: [UInt8],
        limits: JSONLimits = .init()
    ) throws(JSONError) -> [(name: String, value: Range<Int>)] {
        try withLexer(over: bytes[...], limits: limits) { (lexer) throws(JSONError) in
            lexer.skipWhitespace()
            guard lexer.peek == UInt8(ascii: "{") else { throw lexer.failure(.notAnObject) }
            var members: [(name: String, value: Range<Int>)] = []
            try lexer.object(depth: 0) { (lexer, name) throws(JSONError) in
                let start = lexer.position
                try lexer.skipValue(depth: 1)
                members.append((lexer.text(of: name), start..<lexer.position))
            }
            return members
        }
    }

    /// The elements of the one array that `bytes` must be, each as a range of `bytes`.
    package static func elements(
        ofArray bytes: [UInt8],
        limits: JSONLimits = .init()
    ) throws(JSONError) -> [Range<Int>] {
        try withLexer(over: bytes[...], limits: limits) { (lexer) throws(JSONError) in
            lexer.skipWhitespace()
            guard lexer.peek == UInt8(ascii: "[") else { throw lexer.failure(.notAnArray) }
            var elements: [Range<Int>] = []
            try lexer.array(depth: 0) { (lexer) throws(JSONError) in
                let start = lexer.position
                try lexer.skipValue(depth: 1)
                elements.append(start..<lexer.position)
            }
            return elements
        }
    }

    /// Runs `body`, then demands the end of the document. `Result` takes the typed error through the stdlib's closure.
    private static func withLexer<Value>(
        over bytes: ArraySlice<UInt8>,
        limits: JSONLimits,
        _ body: (inout JSONLexer) throws(JSONError) -> Value
    ) throws(JSONError) -> Value {
        let result = bytes.withUnsafeBytes { raw -> Result<Value, JSONError> in
            var lexer = JSONLexer(raw, limits: limits)
            do throws(JSONError) {
                let value = try body(&lexer)
                try lexer.expectEnd()
                return .success(value)
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }
}

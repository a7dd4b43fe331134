// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import StrictJSON
internal import Testing

@Suite("The JSON scanner")
struct JSONScannerTests {
    @Test(
        "takes what RFC 8259 allows",
        arguments: [
            "null", " true ", "\t\r\n[]", "{}", "0", "-0", "-1.5e+3", "\"\"",
            #"{"a":1,"b":[true,false,null,{"a":"x"}]}"#, #""\" \\ \/ \b \f \n \r \t \u00e9 \uD83D\uDE00""#,
            "\"é\u{2028}😀\u{7F}\"", "[1,2 , 3]", #"{"a":{"a":{"a":1}}}"#, "0.000000000000000000001e-999", "1e308",
        ]
    )
    func valid(_ text: String) throws {
        try JSONScanner.validate(Array(text.utf8))
        _ = try JSONScanner.parse(Array(text.utf8))
    }

    @Test(
        "refuses everything else, and says why and where",
        arguments: [
            ("", JSONError.Code.endOfInput, 0), ("  ", .endOfInput, 2), ("nul", .endOfInput, 3),
            ("nulL", .unexpectedByte, 3),
            ("[1,]", .unexpectedByte, 3), ("[1 2]", .unexpectedByte, 3), ("[", .endOfInput, 1),
            (#"{"a"}"#, .unexpectedByte, 4),
            (#"{"a":1,}"#, .unexpectedByte, 7), ("{a:1}", .unexpectedByte, 1), ("'a'", .unexpectedByte, 0),
            ("1 2", .trailingBytes, 2), ("{}x", .trailingBytes, 2), ("\u{FEFF}1", .unexpectedByte, 0),
            ("01", .invalidNumber, 1), ("-", .invalidNumber, 1), ("1.", .invalidNumber, 2), ("1e", .invalidNumber, 2),
            (".5", .unexpectedByte, 0), ("+1", .unexpectedByte, 0), ("NaN", .unexpectedByte, 0),
            ("1.e1", .invalidNumber, 2),
            ("1e309", .numberOutOfRange, 0), ("[-1e999999999999]", .numberOutOfRange, 1),
            (#""\x41""#, .invalidEscape, 1), (#""\u12G4""#, .invalidEscape, 1), (#""\u12"#, .invalidEscape, 1),
            (#""\ud800""#, .loneSurrogate, 1), (#""\ud800\u0041""#, .loneSurrogate, 1),
            (#""\udc00""#, .loneSurrogate, 1),
            ("\"a\nb\"", .controlCharacter, 2), ("\"abc", .endOfInput, 4), (#""\"#, .endOfInput, 2),
        ]
    )
    func invalid(_ text: String, _ code: JSONError.Code, _ offset: Int) {
        #expect(throws: JSONError(code, offset: offset)) { try JSONScanner.validate(Array(text.utf8)) }
        #expect(throws: JSONError(code, offset: offset)) { try JSONScanner.parse(Array(text.utf8)) }
    }

    @Test(
        "refuses bytes that are not UTF-8",
        arguments: [
            [0x80], [0xC0, 0x80], [0xC1, 0xBF], [0xC3], [0xC3, 0x28], [0xE0, 0x80, 0x80], [0xED, 0xA0, 0x80],
            [0xE2, 0x82], [0xF0, 0x80, 0x80, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xFF],
        ] as [[UInt8]]
    )
    func utf8(_ bytes: [UInt8]) {
        for padding in 0..<9 {
            let text = [0x22] + [UInt8](repeating: 0x61, count: padding) + bytes + [0x22]
            #expect(throws: JSONError(.invalidUTF8, offset: padding + 1)) { try JSONScanner.validate(text) }
        }
    }

    @Test("agrees with Swift on every sequence of two and three bytes that begins with a lead byte")
    func utf8Exhaustively() {
        for first in UInt8(0xC0)...0xFF {
            for second in UInt8(0)...255 where second != 0x22 && second != 0x5C {
                let pair = [first, second]
                let isValid = second >= 0x20 && String(validating: pair, as: UTF8.self) != nil
                #expect(((try? JSONScanner.validate([0x22] + pair + [0x22])) != nil) == isValid)
                let triple = [first, second, 0x80]
                let isValidTriple = second >= 0x20 && String(validating: triple, as: UTF8.self) != nil
                #expect(((try? JSONScanner.validate([0x22] + triple + [0x22])) != nil) == isValidTriple)
            }
        }
    }

    @Test("finds the end of a string wherever it lies in a word", arguments: 0..<40)
    func everyAlignment(_ length: Int) throws {
        let plain = String(repeating: "x", count: length)
        try JSONScanner.validate(Array("\"\(plain)\"".utf8))
        for bad in ["\u{1F}", "\n"] {
            for position in 0...length {
                let text = "\"" + plain.prefix(position) + bad + plain.dropFirst(position) + "\""
                #expect(throws: JSONError(.controlCharacter, offset: position + 1)) {
                    try JSONScanner.validate(Array(text.utf8))
                }
            }
        }
    }

    @Test("refuses a member that comes twice, however it is spelled")
    func duplicates() {
        let texts = [
            (#"{"a":1,"a":2}"#, 7), (#"{"a":1,"\u0061":2}"#, 7), (#"{"\u00e9":1,"é":2}"#, 12),
            (#"{"x":{"a":1,"b":2,"a":3}}"#, 18), (#"{"":1,"":2}"#, 6), (#"{"😀":1,"\uD83D\uDE00":1}"#, 10),
        ]
        for (text, offset) in texts {
            #expect(throws: JSONError(.duplicateMember, offset: offset)) { try JSONScanner.validate(Array(text.utf8)) }
        }
    }

    @Test("takes equal names in different objects, and names that only look alike")
    func notDuplicates() throws {
        for text in [
            #"[{"a":1},{"a":2}]"#, #"{"a":{"a":1},"b":{"a":1}}"#, "{\"é\":1,\"e\u{301}\":2}", #"{"\\u0061":1,"a":2}"#,
        ] {
            try JSONScanner.validate(Array(text.utf8))
        }
    }

    @Test("finds a duplicate beyond the names it keeps on the stack", arguments: [31, 32, 33, 200])
    func manyNames(_ count: Int) throws {
        let members = (0..<count).map { #""m\#($0)":{"a":1}"# }
        try JSONScanner.validate(Array("{\(members.joined(separator: ","))}".utf8))
        let twice = members + [members[count / 2]]
        #expect { try JSONScanner.validate(Array("{\(twice.joined(separator: ","))}".utf8)) } throws: {
            ($0 as? JSONError)?.code == .duplicateMember
        }
    }

    @Test("holds its limits exactly")
    func limits() throws {
        let limits = JSONLimits(depth: 3, members: 2)
        try JSONScanner.validate(Array("[[[1]]]".utf8), limits: limits)
        #expect(throws: JSONError(.tooDeep, offset: 3)) {
            try JSONScanner.validate(Array("[[[[1]]]]".utf8), limits: limits)
        }
        try JSONScanner.validate(Array(#"{"a":1,"b":2}"#.utf8), limits: limits)
        #expect(throws: JSONError(.tooManyMembers, offset: 13)) {
            try JSONScanner.validate(Array(#"{"a":1,"b":2,"c":3}"#.utf8), limits: limits)
        }
        let deep = String(repeating: "[", count: 64) + String(repeating: "]", count: 64)
        try JSONScanner.validate(Array(deep.utf8))
        #expect(throws: JSONError(.tooDeep, offset: 64)) { try JSONScanner.validate(Array("[\(deep)]".utf8)) }
        #expect(throws: JSONError.self) { try JSONScanner.validate([UInt8](repeating: 0x5B, count: 1_000_000)) }
    }

    @Test("cuts out members and elements without touching their bytes")
    func splicing() throws {
        let object = Array(#" { "topic" : "a" , "d\u0061ta":{"x": [1, 2] } , "n":1e2}"#.utf8)
        let members = try JSONScanner.members(ofObject: object)
        #expect(members.map(\.name) == ["topic", "data", "n"])
        #expect(
            members.map { String(decoding: object[$0.value], as: UTF8.self) } == [#""a""#, #"{"x": [1, 2] }"#, "1e2"]
        )
        let array = Array(" [ {} ,\"x\", 3 ] ".utf8)
        let elements = try JSONScanner.elements(ofArray: array)
        #expect(elements.map { String(decoding: array[$0], as: UTF8.self) } == ["{}", "\"x\"", "3"])
        #expect(throws: JSONError(.notAnObject, offset: 0)) { try JSONScanner.members(ofObject: Array("[]".utf8)) }
        #expect(throws: JSONError(.notAnArray, offset: 1)) { try JSONScanner.elements(ofArray: Array(" {}".utf8)) }
        #expect(throws: JSONError(.trailingBytes, offset: 3)) { try JSONScanner.elements(ofArray: Array("[] 1".utf8)) }
    }

    @Test("survives every document with one byte changed, left out or cut off")
    func mutations() async {
        let text = Array(#"{"a":[1.5e3,"\uD83D\uDE00é",true,{"b":null}],"c":-0}"#.utf8)
        for index in text.indices {
            await Task.yield()
            _ = try? JSONScanner.parse(Array(text[..<index]))
            var without = text
            without.remove(at: index)
            _ = try? JSONScanner.parse(without)
            for byte in UInt8(0)...255 {
                var changed = text
                changed[index] = byte
                guard let value = try? JSONScanner.parse(changed) else { continue }
                // Whatever is accepted can be written and read again.
                #expect(throws: Never.self) { try JSONScanner.parse(value.encoded()) }
            }
        }
    }
}

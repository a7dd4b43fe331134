// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import StrictJSON
internal import Testing

@Suite("JSON values")
struct JSONValueTests {
    private func parse(_ text: String) throws -> JSONValue { try JSONScanner.parse(Array(text.utf8)) }

    @Test("Integers stay exact up to the ends of Int64; beyond, they are numbers")
    func integers() throws {
        #expect(try parse("9223372036854775807") == .integer(.max))
        #expect(try parse("-9223372036854775808") == .integer(.min))
        #expect(try parse("9007199254740993").description == "9007199254740993")
        #expect(try parse("9223372036854775808") == .number(9_223_372_036_854_775_808))
        #expect(try parse("1.0") == .number(1))
        #expect(try parse("1e2").number == 100)
    }

    @Test("Strings are decoded and encoded without loss")
    func strings() throws {
        let text = "a\"\\/\u{8}\u{C}\n\r\t\u{0}\u{1F}\u{7F}é\u{2028}😀"
        let encoded = JSONValue.string(text).encoded()
        #expect(String(decoding: encoded, as: UTF8.self) == #""a\"\\/\b\f\n\r\t\u0000\u001f\#u{7F}é\#u{2028}😀""#)
        #expect(try JSONScanner.parse(encoded) == .string(text))
        #expect(JSONText.quoted("") == "\"\"")
        #expect(try parse(#""\ud83d\ude00\u0000\/""#).string == "😀\u{0}/")
    }

    @Test("Documents keep the order of their members")
    func order() throws {
        let text = #"{"b":[1,{"x":null}],"a":true,"c":"","d":-0.5,"e":{},"f":[]}"#
        #expect(try parse(text).description == text)
        let literal: JSONValue = ["b": [1, ["x": nil]], "a": true, "c": "", "d": -0.5, "e": [:], "f": []]
        #expect(literal.description == text)
    }

    @Test("A member is found by its exact bytes, not by what looks equal")
    func exactNames() throws {
        let value = try parse("{\"e\u{301}\":1,\"é\":2,\"n\":{\"m\":\"x\"}}")
        #expect(value["é"]?.integer == 2)
        #expect(value["e\u{301}"]?.integer == 1)
        #expect(value["n"]?["m"]?.string == "x")
        #expect(value["missing"] == nil)
        #expect(value["n"]?.string == nil)
        #expect(JSONValue.array([1])["n"] == nil)
    }

    @Test("A number that is not finite cannot reach the wire")
    func notFinite() {
        #expect(JSONValue.array([.number(.nan), .number(.infinity)]).description == "[null,null]")
    }
}

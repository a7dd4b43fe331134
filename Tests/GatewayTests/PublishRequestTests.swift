// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import HTTPTypes
import StrictJSON
import Testing
import Wire

@testable import Gateway

@Suite("The body of POST /publish")
struct PublishRequestTests {
    private func parse(_ body: String, maxData: Int = 64) throws(AdminProblem) -> PublishRequest {
        try PublishRequest(body: Array(body.utf8), maxData: maxData)
    }

    private func detail(_ body: String, maxData: Int = 64) -> String? {
        do {
            _ = try parse(body, maxData: maxData)
            return nil
        } catch {
            return error.detail
        }
    }

    @Test("One event, with or without key and ephemeral")
    func one() throws {
        let request = try parse(#" {"topic":"user.42","data":{"hello":1},"key":"k-1"} "#)
        #expect(!request.isBatch)
        let item = try #require(request.items.first)
        #expect(item.event.topic.name == "user.42")
        #expect(item.event.data == Array(#"{"hello":1}"#.utf8))
        #expect(item.event.key == "k-1")
        #expect(!item.isEphemeral)
        #expect(try parse(#"{"topic":"a","data":1,"ephemeral":true}"#).items[0].isEphemeral)
        #expect(try !parse(#"{"topic":"a","data":1,"ephemeral":false,"key":"k"}"#).items[0].isEphemeral)
    }

    @Test(
        "The data keep every byte, blanks, escapes and number forms included",
        arguments: [
            "{ \"a\" : [ 1 ,\n\t2 ] }", "1.50e+1", "\"\\u00e9\\/\"", "null", "[]", "{}", "\"é\"", "-0",
            "{\"b\":1,\"a\":2}",
        ]
    )
    func bytes(_ data: String) throws {
        #expect(try parse("{\"topic\":\"a\", \"data\" :  \(data)  }").items[0].event.data == Array(data.utf8))
        #expect(try parse("[ {\"data\":\(data) , \"topic\":\"a\"} ]").items[0].event.data == Array(data.utf8))
    }

    @Test(
        "A body that is no event is refused with the reason",
        arguments: [
            ("", "An event is one JSON object"), ("{", "An event is one JSON object"),
            ("1", "An event is one JSON object"),
            ("{} {}", "An event is one JSON object"),
            ("{\"topic\":\"a\",\"topic\":\"b\",\"data\":1}", "duplicate member"),
            ("[1]", "An event is one JSON object"), ("[", "The body is not a JSON array"),
            ("[] 1", "The body is not a JSON array"),
            ("{\"data\":1}", "\"topic\" is missing or no string."),
            ("{\"topic\":7,\"data\":1}", "\"topic\" is missing or no string."),
            ("{\"topic\":\"a..b\",\"data\":1}", "\"topic\" is no topic: a segment is empty"),
            ("{\"topic\":\"a.*\",\"data\":1}", "\"topic\" is no topic"),
            ("{\"topic\":\"$close\",\"data\":1}", "\"topic\" is no topic: names starting with $ are reserved."),
            ("{\"topic\":\"a\"}", "\"data\" is missing."),
            (
                "{\"topic\":\"a\",\"data\":1,\"Key\":\"k\"}",
                "Unknown member \"Key\". Known: topic, data, key, ephemeral."
            ),
            ("{\"topic\":\"a\",\"data\":1,\"key\":7}", "\"key\" is a string of 1 to 256 bytes."),
            ("{\"topic\":\"a\",\"data\":1,\"key\":null}", "\"key\" is a string of 1 to 256 bytes."),
            ("{\"topic\":\"a\",\"data\":1,\"key\":\"\"}", "\"key\" is a string of 1 to 256 bytes."),
            ("{\"topic\":\"a\",\"data\":1,\"ephemeral\":1}", "\"ephemeral\" is true or false."),
            ("{\"topic\":\"a\",\"data\":1,\"ephemeral\":null}", "\"ephemeral\" is true or false."),
            ("{\"topic\":\"a\",\"data\":1,\"ephemeral\":true,\"key\":\"k\"}", "An ephemeral event has no \"key\""),
        ]
    )
    func refused(_ body: String, _ reason: String) {
        #expect(detail(body)?.contains(reason) == true, "\(detail(body) ?? "accepted")")
    }

    @Test("The data may have as many bytes as the limit says, not one more")
    func dataLimit() throws {
        let atLimit = "{\"topic\":\"a\",\"data\":\"\(String(repeating: "x", count: 62))\"}"
        #expect(try parse(atLimit).items[0].event.data.count == 64)
        let problem = #expect(throws: AdminProblem.self) { try parse(atLimit, maxData: 63) }
        #expect(problem?.status == .contentTooLarge)
        #expect(problem?.detail == "\"data\" has 64 bytes, at most 63 are allowed.")
    }

    @Test("A key has up to 256 bytes, counted as UTF-8")
    func keyLimit() throws {
        func body(_ key: String) -> String { "{\"topic\":\"a\",\"data\":1,\"key\":\"\(key)\"}" }
        #expect(try parse(body(String(repeating: "k", count: 256))).items[0].event.key?.utf8.count == 256)
        #expect(detail(body(String(repeating: "k", count: 257))) == "\"key\" is a string of 1 to 256 bytes.")
        #expect(try parse(body(String(repeating: "é", count: 128))).items[0].event.key?.utf8.count == 256)
        #expect(detail(body(String(repeating: "é", count: 129))) == "\"key\" is a string of 1 to 256 bytes.")
    }

    @Test("A batch holds 1 to 100 events in order")
    func batch() throws {
        func body(_ count: Int) -> String {
            "[" + (0..<count).map { "{\"topic\":\"a\",\"data\":\($0)}" }.joined(separator: ",") + "]"
        }
        let request = try parse(body(100))
        #expect(request.isBatch)
        #expect(request.items.map { String(decoding: $0.event.data, as: UTF8.self) } == (0..<100).map(String.init))
        #expect(try parse(body(1)).isBatch)
        #expect(detail(body(101)) == "A batch holds 1 to 100 events, this one 101.")
        #expect(detail("[ ]") == "A batch holds 1 to 100 events, this one 0.")
    }

    @Test("One bad event refuses its whole batch")
    func allOrNone() {
        #expect(detail(#"[{"topic":"a","data":1},{"topic":"a"}]"#) == "\"data\" is missing.")
    }
}

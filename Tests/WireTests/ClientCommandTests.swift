// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import StrictJSON
internal import Testing
internal import Wire

@Suite("Frames from the client")
struct ClientCommandTests {
    private func decode(_ text: String) throws -> ClientCommand { try ClientCommand.decode(Array(text.utf8)) }

    @Test("sub, unsub and pong are understood")
    func valid() throws {
        #expect(
            try decode(#"{"op":"sub","ref":1,"topic":"task.91","since":"1-0"}"#)
                == .subscribe(ref: 1, topic: "task.91", since: "1-0")
        )
        for without in [#","since":"""#, #","since":null"#, "", #","more":{"x":1}"#] {
            #expect(
                try decode(#"{"op":"sub","ref":"a","topic":"t.*"\#(without)}"#)
                    == .subscribe(ref: "a", topic: "t.*", since: nil)
            )
        }
        #expect(try decode(#" {"topic":"t","op":"unsub","ref":-7} "#) == .unsubscribe(ref: -7, topic: "t"))
        #expect(try decode(#"{"op":"pong"}"#) == .pong)
    }

    @Test(
        "anything else is refused",
        arguments: [
            ("{}", ClientCommandError.unknownOperation), ("[]", .unknownOperation), (#""sub""#, .unknownOperation),
            (#"{"op":"publish"}"#, .unknownOperation), (#"{"op":1}"#, .unknownOperation),
            (#"{"op":"sub","topic":"t"}"#, .badMember("ref")),
            (#"{"op":"sub","ref":null,"topic":"t"}"#, .badMember("ref")),
            (#"{"op":"sub","ref":1.5,"topic":"t"}"#, .badMember("ref")),
            (#"{"op":"sub","ref":9223372036854775808,"topic":"t"}"#, .badMember("ref")),
            (#"{"op":"sub","ref":1}"#, .badMember("topic")),
            (#"{"op":"unsub","ref":1,"topic":[]}"#, .badMember("topic")),
            (#"{"op":"sub","ref":1,"topic":"t","since":5}"#, .badMember("since")),
            (#"{"op":"pong","op":"sub"}"#, .notJSON(JSONError(.duplicateMember, offset: 13))),
            ("", .notJSON(JSONError(.endOfInput, offset: 0))), ("{}{}", .notJSON(JSONError(.trailingBytes, offset: 2))),
        ]
    )
    func invalid(_ text: String, _ error: ClientCommandError) { #expect(throws: error) { try decode(text) } }

    @Test("A reference is echoed, so it has a limit: 128 bytes")
    func reference() throws {
        let long = String(repeating: "r", count: 128)
        #expect(
            try decode(#"{"op":"unsub","ref":"\#(long)","topic":"t"}"#) == .unsubscribe(ref: .string(long), topic: "t")
        )
        #expect(throws: ClientCommandError.badMember("ref")) {
            try decode(#"{"op":"unsub","ref":"\#(long)r","topic":"t"}"#)
        }
    }
}

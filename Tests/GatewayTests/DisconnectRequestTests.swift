// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import Testing
import Wire

@testable import Gateway

@Suite("The body of POST /disconnect")
struct DisconnectRequestTests {
    private func detail(_ body: String) -> String? {
        do {
            _ = try DisconnectRequest(body: Array(body.utf8))
            return nil
        } catch {
            return error.detail
        }
    }

    @Test(
        "Names a user or a session, and becomes a $close entry with the code the clients get",
        arguments: [
            (#"{"user":"42"}"#, DisconnectRequest.Target.user("42"), false, #"{"user":"42","code":4005}"#),
            (#"{"user":"42","reconnect":false}"#, .user("42"), false, #"{"user":"42","code":4005}"#),
            (#" {"reconnect":true, "user":"a\"b"} "#, .user("a\"b"), true, #"{"user":"a\"b","code":4201}"#),
            (
                #"{"session":"p-1","reconnect":true}"#, .session(publicID: "p-1"), true,
                #"{"session":"p-1","code":4201}"#
            ),
        ]
    )
    func accepted(_ body: String, _ target: DisconnectRequest.Target, _ reconnect: Bool, _ data: String) throws {
        let request = try DisconnectRequest(body: Array(body.utf8))
        #expect(request.target == target)
        #expect(request.reconnect == reconnect)
        #expect(request.event.topic.name == "$close")
        #expect(String(decoding: request.event.data, as: UTF8.self) == data)
        #expect(request.event.key == nil)
    }

    @Test(
        "Anything else is refused with the reason",
        arguments: [
            ("", "The body is {\"user\":\"42\"}"), ("[]", "The body is {\"user\":\"42\"}"),
            ("{\"user\":\"1\",\"user\":\"2\"}", "duplicate member"), ("{\"user\":\"1\"}x", "bytes after the value"),
            ("{}", "Name either \"user\" or \"session\", as a string."),
            ("{\"user\":42}", "Name either"), ("{\"user\":\"\"}", "Name either"), ("{\"session\":\"\"}", "Name either"),
            ("{\"user\":\"1\",\"session\":\"2\"}", "Name either"),
            ("{\"user\":\"1\",\"reconnect\":1}", "\"reconnect\" is true or false."),
            ("{\"user\":\"1\",\"reconnect\":null}", "\"reconnect\" is true or false."),
            ("{\"users\":\"1\"}", "Unknown member \"users\". Known: user, session, reconnect."),
        ]
    )
    func refused(_ body: String, _ reason: String) {
        #expect(detail(body)?.contains(reason) == true, "\(detail(body) ?? "accepted")")
    }
}

// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import HTTPTypes
import StrictJSON
import Testing
import Wire

@testable import Gateway

@Suite("A broadcast")
struct BroadcastRequestTests {
    @Test("Topic, data and whom it is for; the data's own bytes travel")
    func reads() throws {
        let all = try BroadcastRequest(body: Array(#"{"data":{ "n" : 1.0 },"topic":"a.b"}"#.utf8), maxData: 1000)
        #expect(all.topic.name == "a.b")
        #expect(all.to == nil)
        #expect(all.event.topic.name == "$broadcast")
        #expect(String(decoding: all.event.data, as: UTF8.self) == #"{"topic":"a.b","data":{ "n" : 1.0 }}"#)
        let some = try BroadcastRequest(body: Array(#"{"topic":"a","data":1,"to":"org.*"}"#.utf8), maxData: 1000)
        #expect(some.to == (try TopicFilter("org.*")))
        #expect(String(decoding: some.event.data, as: UTF8.self) == #"{"topic":"a","to":"org.*","data":1}"#)
    }

    @Test(
        "Anything else is refused",
        arguments: [
            "", "[]", "1", "{}", #"{"topic":"a"}"#, #"{"data":1}"#, #"{"topic":"$x","data":1}"#,
            #"{"topic":"a.*","data":1}"#,
            #"{"topic":7,"data":1}"#, #"{"topic":"a","data":1,"to":7}"#, #"{"topic":"a","data":1,"to":"*"}"#,
            #"{"topic":"a","data":1,"to":""}"#, #"{"topic":"a","data":1,"key":"k"}"#,
            #"{"topic":"a","data":1,"data":2}"#,
        ]
    )
    func refuses(_ body: String) {
        #expect(throws: AdminProblem.self) { try BroadcastRequest(body: Array(body.utf8), maxData: 1000) }
    }

    @Test("Envelope and data together are taken at the limit and refused one over")
    func limit() throws {
        let body = Array(#"{"topic":"a","data":"xxx"}"#.utf8)
        _ = try BroadcastRequest(body: body, maxData: body.count)
        let problem = #expect(throws: AdminProblem.self) { try BroadcastRequest(body: body, maxData: body.count - 1) }
        #expect(problem?.status == .contentTooLarge)
    }
}

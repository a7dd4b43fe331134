// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import EventLog
import NIOCore
import NIOEmbedded
import Testing
import Wire

@testable import Live

@Suite("Broadcasts and slow connections")
struct BroadcastTests {
    private func broadcast(_ json: String, _ harness: LiveHarness, id: UInt64 = 101) {
        let entry = LogEntry(id: Cursor(id), topic: Topic(reserved: "$broadcast"), body: .data(Array(json.utf8)))
        harness.hub.reader.append([entry])
        harness.loop.run()
    }

    private var settings: LiveSettings {
        get throws {
            var settings = LiveSettings()
            settings.policy.allowed = [try TopicPattern("org.*"), try TopicPattern("news")]
            return settings
        }
    }

    @Test("A broadcast reaches everybody, without an id, whatever they subscribed to, live or reading")
    func everybody() throws {
        let harness = LiveHarness(settings: try settings)
        let one = try harness.connect(harness.request(["news"]))
        let two = try harness.connect(harness.request(identity: harness.identity("43")))
        let ahead = try harness.connect(harness.request(since: "999-0"))
        for channel in [one, two, ahead] { _ = try channel.frames() }
        broadcast(#"{"topic":"system.notice","data":{ "in" : 10 }}"#, harness)
        for channel in [one, two, ahead] {
            #expect(try channel.frames() == [#"{"topic":"system.notice","data":{ "in" : 10 }}"#])
        }
        try harness.publish("user.42", 102)
        #expect(try one.frames().count == 1)
    }

    @Test("With `to` it reaches those who hold a topic under it or a subtree around it")
    func some() throws {
        let harness = LiveHarness(settings: try settings)
        let wide = try harness.connect(harness.request(["org.*"]))
        let deep = try harness.connect(harness.request(["org.acme.board"]))
        let other = try harness.connect(harness.request(["org.other"]))
        let none = try harness.connect(harness.request())
        for channel in [wide, deep, other, none] { _ = try channel.frames() }
        broadcast(#"{"topic":"a","to":"org.acme.*","data":1}"#, harness)
        let counts = try [wide, deep, other, none].map { try $0.frames().count }
        #expect(counts == [1, 1, 0, 0])
    }

    @Test(
        "A broadcast that is none harms nobody",
        arguments: ["1", "{}", #"{"topic":"$x","data":1}"#, #"{"topic":"a","to":"*","data":1}"#]
    )
    func rubbish(_ json: String) throws {
        let harness = LiveHarness()
        let channel = try harness.connect(harness.request())
        _ = try channel.frames()
        broadcast(json, harness)
        #expect(try channel.frames().isEmpty)
        try harness.publish("user.42", 102)
        #expect(try channel.frames().count == 1)
    }

    @Test("Connections are counted all and described furthest behind first, found by user and by session")
    func lists() throws {
        let harness = LiveHarness()
        let slow = try harness.connect(harness.request(identity: harness.identity("1", session: "a")))
        let fast = try harness.connect(harness.request(identity: harness.identity("2", session: "b")))
        slow.setWritable(false)
        try harness.publish("user.1", 101)
        try harness.publish("user.2", 102)
        _ = (try slow.frames(), try fast.frames())
        let all = harness.shard.connections(ConnectionQuery(), limit: 10)
        #expect(all.first.map(\.user) == ["1", "2"])
        #expect(all.first[0].lagMilliseconds > 0)
        let one = harness.shard.connections(ConnectionQuery(), limit: 1)
        #expect(one.count == 2)
        #expect(one.first.map(\.user) == ["1"])
        #expect(harness.shard.connections(ConnectionQuery(session: "public-b"), limit: 10).first.map(\.user) == ["2"])
        #expect(harness.shard.connections(ConnectionQuery(user: "3"), limit: 10).count == 0)
        #expect(harness.shard.connections(ConnectionQuery(isSlowOnly: true), limit: 10).first.map(\.user) == ["1"])
    }
}

// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import EventLog
import NIOCore
import NIOEmbedded
import StrictJSON
import Testing
import Wire

@testable import Live

@Suite("WebSocket connections")
struct WebSocketHandlerTests {
    @Test("An event reaches a fresh connection after its hello")
    func delivers() throws {
        let harness = LiveHarness()
        let channel = try harness.connect(harness.request())
        let hello = try channel.frames()
        #expect(hello.count == 1)
        #expect(hello[0].contains(#""id":"100-0","ping":25,"topics":["user.42"]"#))
        try harness.publish("user.42", 101, 102)
        #expect(
            try channel.frames() == [
                #"{"id":"101-0","topic":"user.42","data":101}"#, #"{"id":"102-0","topic":"user.42","data":102}"#,
            ]
        )
        #expect(harness.hub.position == Cursor(102))
    }

    @Test("Neighbours of one drain go out in one write")
    func joinsWrites() throws {
        let harness = LiveHarness()
        let channel = try harness.connect(harness.request())
        _ = try channel.frames()
        try harness.publish("user.42", 101, 102, 103)
        let first = try channel.readOutbound(as: ByteBuffer.self)
        #expect(first?.readableBytes == 3 * 45)
        #expect(try channel.readOutbound(as: ByteBuffer.self) == nil)
    }

    @Test("Nobody gets another user's events, nor ours")
    func isolates() throws {
        let harness = LiveHarness()
        let channel = try harness.connect(harness.request())
        _ = try channel.frames()
        try harness.publish("user.43", 101)
        harness.hub.reader.append([LogEntry(id: Cursor(102), topic: Topic(reserved: "$mark"), body: .data([0x31]))])
        harness.loop.run()
        #expect(try channel.frames().isEmpty)
        #expect(harness.hub.position == Cursor(102))
    }

    @Test("An event that matches two subscriptions is sent once")
    func deliversOnce() throws {
        var settings = LiveSettings()
        settings.policy.allowed = [try TopicPattern("org.{org}.*")]
        let harness = LiveHarness(settings: settings)
        let channel = try harness.connect(harness.request(["org.acme.*", "org.acme.news"]))
        _ = try channel.frames()
        try harness.publish("org.acme.news", 101)
        #expect(try channel.frames().count == 1)
    }

    @Test(
        "Each kind of since starts where it must",
        arguments: [
            ("5-0", [#""id":"5-0""#, #""from":"5-0","id":"103-0","why":"trimmed""#]),
            ("101-0", [#""id":"101-0""#, #""id":"102-0""#, #""id":"103-0""#]),
            ("103-0", [#""id":"103-0""#]),
            ("nonsense", [#""op":"hello""#, #""id":"103-0","why":"reset""#]),
            ("900-0", [#""id":"900-0""#]),
        ]
    )
    func resumes(since: String, expected: [String]) throws {
        let harness = LiveHarness()
        try harness.publish("user.42", 101, 102, 103)
        let frames = try harness.connect(harness.request(since: since)).frames()
        #expect(frames.count == expected.count)
        for (frame, part) in zip(frames, expected) { #expect(frame.contains(part)) }
    }

    @Test("A slow socket is fed from the ring once it takes bytes again, without gap or duplicate")
    func demotes() throws {
        let harness = LiveHarness()
        let channel = try harness.connect(harness.request())
        _ = try channel.frames()
        channel.setWritable(false)
        try harness.publish("user.42", 101)
        try harness.publish("user.42", 102)
        #expect(harness.shard.connections(ConnectionQuery(isSlowOnly: true), limit: 10).count == 1)
        channel.setWritable(true)
        harness.loop.run()
        try harness.publish("user.42", 103)
        let ids = try channel.frames().map { String($0.prefix(13)) }
        #expect(ids == [#"{"id":"101-0""#, #"{"id":"102-0""#, #"{"id":"103-0""#])
        #expect(harness.shard.connections(ConnectionQuery(isSlowOnly: true), limit: 10).first.isEmpty)
    }

    @Test("A socket that the ring overtakes gets one gap and goes on live")
    func overtakes() throws {
        let harness = LiveHarness()
        let channel = try harness.connect(harness.request())
        _ = try channel.frames()
        channel.setWritable(false)
        try harness.publish("user.42", 101)
        harness.hub.reader.lost(.trimmed, continuingAt: Cursor(200), oldest: Cursor(200))
        harness.loop.run()
        channel.setWritable(true)
        harness.loop.advanceTime(by: .seconds(6))
        let frames = try channel.frames()
        #expect(frames.last == #"{"op":"gap","topic":"*","from":"101-0","id":"200-0","why":"trimmed"}"#)
        try harness.publish("user.42", 201)
        #expect(try channel.frames().count == 1)
    }

    @Test("A socket that takes no byte for 30 s is 4103, and is reset 5 s later")
    func tooSlow() throws {
        let harness = LiveHarness()
        let channel = try harness.connect(harness.request())
        let other = try harness.connect(harness.request(identity: harness.identity("43")))
        _ = (try channel.frames(), try other.frames())
        channel.setWritable(false)
        try harness.publish("user.42", 101)
        _ = try channel.frames()
        for _ in 0..<12 {
            // The peer still answers pings; it only does not read.
            for socket in [channel, other] { try socket.writeInbound(ClientFrames.frame(0xA, [])) }
            harness.loop.advanceTime(by: .seconds(5))
        }
        #expect(try channel.frames().contains { $0.hasPrefix("close 4103 too_slow retry=") })
        harness.loop.advanceTime(by: .seconds(7))
        #expect(!channel.isActive)
        #expect(other.isActive)
    }

    @Test("A late sub with an older since rewinds the client and skips what it had")
    func rewinds() throws {
        var settings = LiveSettings()
        settings.policy.allowed = [try TopicPattern("news"), try TopicPattern("org.*")]
        let harness = LiveHarness(settings: settings)
        let channel = try harness.connect(harness.request())
        _ = try channel.frames()
        try harness.publish("news", 101)
        try harness.publish("user.42", 102)
        try harness.publish("news", 103)
        _ = try channel.frames()
        try channel.send(#"{"op":"sub","ref":7,"topic":"news","since":"101-0"}"#)
        harness.loop.run()
        #expect(
            try channel.frames() == [
                #"{"op":"ok","ref":7,"topic":"news","id":"101-0"}"#, #"{"id":"103-0","topic":"news","data":103}"#,
            ]
        )
        try harness.publish("news", 104)
        #expect(try channel.frames().count == 1)
        try channel.send(#"{"op":"unsub","ref":8,"topic":"news"}"#)
        try harness.publish("news", 105)
        #expect(try channel.frames() == [#"{"op":"ok","ref":8,"topic":"news"}"#])
        try channel.send(#"{"op":"sub","ref":9,"topic":"user.43"}"#)
        #expect(try channel.frames() == [#"{"op":"err","ref":9,"topic":"user.43","name":"forbidden"}"#])
    }

    @Test("A forbidden topic, no login, and the door's own refusal close with their codes before any hello")
    func refuses() throws {
        let harness = LiveHarness()
        #expect(try harness.connect(harness.request(["secret"])).frames() == ["close 4003 forbidden"])
        #expect(try harness.connect(harness.request(["a..b"])).frames() == ["close 4000 bad_request"])
        let anonymous = JoinRequest(identity: nil, topics: [], since: nil, remoteAddress: "::1")
        #expect(try harness.connect(anonymous).frames() == ["close 4001 login_required"])
        let refused = harness.request(refusal: .loginRequired)
        #expect(try harness.connect(refused).frames() == ["close 4001 login_required"])
        let early = LiveHarness(preloaded: false)
        #expect(try early.connect(early.request()).frames()[0].hasPrefix("close 4100 overloaded retry="))
        #expect(harness.hub.connectionCount == 0)
    }

    @Test("The connection past a user's limit is 4101, and a place that was left is free again")
    func limitsConnections() throws {
        var settings = LiveSettings()
        settings.limits.perUser = 2
        let harness = LiveHarness(settings: settings)
        let first = try harness.connect(harness.request())
        _ = try harness.connect(harness.request())
        let third = try harness.connect(harness.request())
        #expect(try third.frames()[0].hasPrefix("close 4101 too_many_connections retry="))
        _ = try first.finish(acceptAlreadyClosed: true)
        #expect(harness.hub.connectionCount == 1)
        #expect(try harness.connect(harness.request()).frames()[0].contains("hello"))
    }

    @Test("Ending a session closes its connections with 4005 and nobody else's")
    func closesSession() throws {
        let harness = LiveHarness()
        let mine = try harness.connect(harness.request(identity: harness.identity(session: "a")))
        let other = try harness.connect(harness.request(identity: harness.identity(session: "b")))
        _ = (try mine.frames(), try other.frames())
        harness.hub.closeSession(LiveSessionKey(Array("a".utf8)), .sessionEnded)
        harness.loop.run()
        #expect(try mine.frames() == [#"{"op":"bye","code":4005}"#, "close 4005 session_ended"])
        #expect(try other.frames().isEmpty)
        harness.loop.advanceTime(by: .seconds(7))
        #expect(!mine.isActive)
        #expect(other.isActive)
    }

    @Test("A revoked bearer token ends the sockets that came with it, and no others of its user")
    func closesByToken() throws {
        let harness = LiveHarness()
        func bearer(_ id: String, session: String? = nil) throws -> EmbeddedChannel {
            var identity = harness.identity(session: session)
            identity.claims = ["sub": "42", "jti": .string(id)]
            let channel = try harness.connect(harness.request(identity: identity))
            _ = try channel.frames()
            return channel
        }
        let (revoked, other, cookie) = (try bearer("a"), try bearer("b"), try bearer("a", session: "s"))
        let data = Array(#"{"token":"a","code":4201}"#.utf8)
        harness.hub.reader.append([LogEntry(id: Cursor(101), topic: Topic(reserved: "$close"), body: .data(data))])
        harness.loop.run()
        #expect(harness.shard.count == 2)
        #expect(try revoked.frames().contains { $0.hasPrefix("close 4201") })
        #expect(try other.frames().isEmpty)
        #expect(try cookie.frames().isEmpty)
    }

    @Test("$close on the log ends connections and is delivered to nobody")
    func carriesOutClose() throws {
        let harness = LiveHarness()
        let channel = try harness.connect(harness.request(identity: harness.identity(session: "a")))
        _ = try channel.frames()
        let data = Array(#"{"session":"public-a","code":4201}"#.utf8)
        harness.hub.reader.append([LogEntry(id: Cursor(101), topic: Topic(reserved: "$close"), body: .data(data))])
        harness.loop.run()
        let frames = try channel.frames()
        #expect(frames.count == 2)
        #expect(frames[1].hasPrefix("close 4201 session_renewed retry="))
    }

    @Test("A bearer token's end is announced a minute ahead and closes 30 s after it")
    func endsBearer() throws {
        let harness = LiveHarness()
        let channel = try harness.connect(harness.request(identity: harness.identity(endsIn: 70)))
        _ = try channel.frames()
        harness.loop.advanceTime(by: .seconds(11))
        #expect(try channel.frames() == [#"{"op":"exp","in":60}"#])
        for _ in 0..<11 {
            try channel.writeInbound(ClientFrames.frame(0xA, []))
            harness.loop.advanceTime(by: .seconds(9))
        }
        #expect(try channel.frames().contains("close 4001 login_required"))
    }

    @Test("A quiet socket is pinged with the cursor, and dropped when it does not answer")
    func heartbeats() throws {
        let harness = LiveHarness()
        let channel = try harness.connect(harness.request())
        _ = try channel.frames()
        harness.loop.advanceTime(by: .seconds(26))
        #expect(try channel.frames() == ["ping", #"{"op":"ping","id":"100-0"}"#])
        harness.loop.advanceTime(by: .seconds(12))
        #expect(!channel.isActive)
    }

    @Test("Drain spreads byes over its window")
    func drains() throws {
        let harness = LiveHarness()
        let channels = try (0..<10).map { _ in try harness.connect(harness.request()) }
        for channel in channels { _ = try channel.frames() }
        let promise = harness.loop.makePromise(of: Void.self)
        harness.shard.drain(window: .seconds(10), othersRunning: true, done: promise)
        harness.loop.advanceTime(by: .seconds(5))
        let halfway = try channels.count { !(try $0.frames().isEmpty) }
        #expect((4...6).contains(halfway))
        harness.loop.advanceTime(by: .seconds(6))
        try promise.futureResult.wait()
        #expect(harness.shard.count == 0)
    }

    @Test("Protocol errors close with their own codes; a ping is answered; a close is echoed")
    func speaksTheProtocol() throws {
        let harness = LiveHarness()
        func answer(_ bytes: ByteBuffer) throws -> [String] {
            let channel = try harness.connect(harness.request())
            _ = try channel.frames()
            try channel.writeInbound(bytes)
            return try channel.frames()
        }
        #expect(try answer(ClientFrames.frame(0x1, [0x7B], mask: nil)) == ["close 1002 unmasked frame"])
        #expect(try answer(ClientFrames.frame(0x1, [0xFF])) == ["close 1007 invalid UTF-8"])
        #expect(try answer(ClientFrames.frame(0x2, [1])) == ["close 1003 text only"])
        #expect(try answer(ClientFrames.frame(0x1, .init(repeating: 0x20, count: 4097))) == ["close 4009 too_big"])
        #expect(try answer(ClientFrames.frame(0x9, [0x68, 0x69])) == ["pong hi"])
        #expect(try answer(ClientFrames.frame(0x8, [0x03, 0xE8])) == ["close 1000 "])
        #expect(try answer(ClientFrames.frame(0x1, [0x7B])).last == "close 4000 bad_request")
    }

    @Test("Operation 51 of a burst is 4102")
    func limitsOperations() throws {
        let harness = LiveHarness()
        let channel = try harness.connect(harness.request())
        for _ in 0..<50 { try channel.send(#"{"op":"pong"}"#) }
        #expect(try channel.frames().count == 1)
        try channel.send(#"{"op":"pong"}"#)
        #expect(try channel.frames().last?.hasPrefix("close 4102 rate_limited retry=") == true)
    }
}

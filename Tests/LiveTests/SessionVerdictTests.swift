// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import Foundation
import NIOCore
import NIOEmbedded
import StrictJSON
import Testing
import Wire

@testable import Live

/// What an answer of the session store, or none, means for the sockets of that session.
@Suite("Verdicts about sessions")
struct SessionVerdictTests {
    private let key = LiveSessionKey(Array("a".utf8))

    private func quietSettings() throws -> LiveSettings {
        var settings = LiveSettings()
        settings.policy.allowed = [try TopicPattern("org.{org}.*"), try TopicPattern("news")]
        // Embedded sockets answer no pings.
        settings.times.pong = .zero
        return settings
    }

    private func events(_ channel: EmbeddedChannel) throws -> [String] {
        try channel.frames().filter { $0 != "ping" && !$0.hasPrefix(#"{"op":"ping""#) }
    }

    @Test("Alive moves the end: a session that has slid is announced, asked about, and stays")
    func aliveSlides() throws {
        let harness = LiveHarness(settings: try quietSettings())
        let channel = try harness.connect(harness.request(identity: harness.identity(session: "a", endsIn: 65)))
        _ = try channel.frames()
        harness.loop.advanceTime(by: .seconds(6))
        #expect(try events(channel).map { $0.prefix(17) } == [#"{"op":"exp","in":"#])
        harness.loop.advanceTime(by: .seconds(60))
        #expect(harness.shard.core.questions.takeSessions(16) == [key])
        let end = harness.wall.addingTimeInterval(7200)
        harness.shard.session(key, is: .alive(until: end, claims: ["org": "acme"]), wallClock: harness.wall)
        harness.loop.advanceTime(by: .seconds(600))
        #expect(try events(channel).isEmpty)
        #expect(channel.isActive)
    }

    @Test(
        "Ended closes with the code it names",
        arguments: [
            (CloseCode.sessionEnded, "close 4005 session_ended"), (.loginRequired, "close 4001 login_required"),
            (.sessionRenewed, "close 4201 session_renewed retry="),
        ]
    )
    func ended(code: CloseCode, expected: String) throws {
        let harness = LiveHarness()
        let channel = try harness.connect(harness.request(identity: harness.identity(session: "a")))
        let other = try harness.connect(harness.request(identity: harness.identity(session: "b")))
        _ = (try channel.frames(), try other.frames())
        harness.shard.session(key, is: .ended(code), wallClock: harness.wall)
        #expect(try channel.frames().last?.hasPrefix(expected) == true)
        #expect(try other.frames().isEmpty)
    }

    @Test("Alive with an end that has passed is 4001")
    func aliveButOver() throws {
        let harness = LiveHarness()
        let channel = try harness.connect(harness.request(identity: harness.identity(session: "a")))
        harness.shard.session(key, is: .alive(until: harness.wall, claims: [:]), wallClock: harness.wall)
        #expect(try channel.frames().last == "close 4001 login_required")
    }

    @Test("Unknown for a minute parks: nothing is delivered until the session is known, then all of it, in order")
    func unknownParks() throws {
        let harness = LiveHarness(settings: try quietSettings())
        let channel = try harness.connect(harness.request(identity: harness.identity(session: "a")))
        harness.shard.session(key, is: .unknown, wallClock: harness.wall)
        try harness.publish("user.42", 101)
        #expect(try events(channel).count == 2)
        harness.loop.advanceTime(by: .seconds(61))
        harness.shard.session(key, is: .unknown, wallClock: harness.wall)
        _ = harness.shard.core.questions.takeSessions(16)
        try harness.publish("user.42", 102, 103)
        #expect(try events(channel).isEmpty)

        // It is asked about again soon, not at the next sweep.
        harness.loop.advanceTime(by: .seconds(3))
        #expect(harness.shard.core.questions.takeSessions(16) == [key])
        let end = harness.wall.addingTimeInterval(7200)
        harness.shard.session(key, is: .alive(until: end, claims: ["org": "acme"]), wallClock: harness.wall)
        harness.loop.run()
        try harness.publish("user.42", 104)
        #expect(try events(channel).map { $0.prefix(13) } == [#"{"id":"102-0""#, #"{"id":"103-0""#, #"{"id":"104-0""#])
    }

    @Test("A parked session that has ended closes without what came meanwhile")
    func parkedThenEnded() throws {
        let harness = LiveHarness(settings: try quietSettings())
        let channel = try harness.connect(harness.request(identity: harness.identity(session: "a")))
        harness.shard.session(key, is: .unknown, wallClock: harness.wall)
        harness.loop.advanceTime(by: .seconds(61))
        harness.shard.session(key, is: .unknown, wallClock: harness.wall)
        _ = try events(channel)
        try harness.publish("user.42", 101)
        harness.shard.session(key, is: .ended(.sessionEnded), wallClock: harness.wall)
        #expect(try events(channel) == [#"{"op":"bye","code":4005}"#, "close 4005 session_ended"])
    }

    @Test("After a loss, a session that cannot be read yet is asked about again every 2 s, then told its gap")
    func lossWhileStoreIsAway() throws {
        var settings = try quietSettings()
        settings.times.gapSpread = .zero
        let harness = LiveHarness(settings: settings)
        let channel = try harness.connect(harness.request(identity: harness.identity(session: "a")))
        _ = try channel.frames()
        harness.hub.reader.lost(.reset, continuingAt: Cursor(200), oldest: Cursor(200))
        harness.loop.advanceTime(by: .milliseconds(20))
        for _ in 0..<3 {
            #expect(harness.shard.core.questions.takeSessions(16) == [key])
            harness.shard.session(key, is: .unknown, wallClock: harness.wall)
            harness.loop.advanceTime(by: .seconds(3))
        }
        #expect(try events(channel).isEmpty)
        let end = harness.wall.addingTimeInterval(7200)
        harness.shard.session(key, is: .alive(until: end, claims: ["org": "acme"]), wallClock: harness.wall)
        #expect(try events(channel) == [#"{"op":"gap","topic":"*","from":"100-0","id":"200-0","why":"reset"}"#])
    }

    @Test("Claims that changed take topics away with err; the socket and its other topics stay")
    func tokensReplaced() throws {
        let harness = LiveHarness(settings: try quietSettings())
        let identity = harness.identity(session: "a")
        let channel = try harness.connect(harness.request(["org.acme.*", "news"], identity: identity))
        _ = try channel.frames()
        harness.hub.sessionChanged(key)
        #expect(harness.shard.core.questions.takeSessions(16) == [key])
        let end = harness.wall.addingTimeInterval(7200)
        harness.shard.session(key, is: .alive(until: end, claims: ["org": "other"]), wallClock: harness.wall)
        #expect(try channel.frames() == [#"{"op":"err","topic":"org.acme.*","name":"forbidden"}"#])
        try harness.publish("org.acme.board", 101)
        try harness.publish("news", 102)
        #expect(try channel.frames().map { $0.prefix(13) } == [#"{"id":"102-0""#])
        // The new claims judge what is asked for from now on.
        try channel.send(#"{"op":"sub","ref":1,"topic":"org.acme.x"}"#)
        try channel.send(#"{"op":"sub","ref":2,"topic":"org.other.x"}"#)
        #expect(
            try channel.frames() == [
                #"{"op":"err","ref":1,"topic":"org.acme.x","name":"forbidden"}"#,
                #"{"op":"ok","ref":2,"topic":"org.other.x"}"#,
            ]
        )
    }

    @Test("A sweep asks about each session once, by time and at once when told")
    func sweeps() throws {
        let harness = LiveHarness(settings: try quietSettings())
        for session in ["a", "a", "b"] {
            _ = try harness.connect(harness.request(identity: harness.identity(session: session)))
        }
        harness.hub.sweepSessions()
        harness.loop.run()
        #expect(harness.shard.core.questions.takeSessions(16).count == 2)
        harness.loop.advanceTime(by: .seconds(31))
        #expect(harness.shard.core.questions.takeSessions(16).count == 2)
    }

    enum Cap: CaseIterable {
        case session, user, address, node
    }

    @Test("Each cap lets n in and refuses n + 1, for its own kind only", arguments: Cap.allCases)
    func caps(_ cap: Cap) throws {
        var settings = LiveSettings()
        switch cap {
        case .session: settings.limits.perSession = 3
        case .user: settings.limits.perUser = 3
        case .address: settings.limits.perAddress = 3
        case .node: settings.limits.perNode = 3
        }
        let harness = LiveHarness(settings: settings)
        func join(user: Int, session: Int, address: String) throws -> EmbeddedChannel {
            let identity = harness.identity("\(user)", session: "\(session)")
            return try harness.connect(
                JoinRequest(identity: identity, topics: [], since: nil, remoteAddress: address)
            )
        }
        // What the cap counts stays the same, everything else differs; an address counts as its /64.
        func member(_ n: Int) throws -> EmbeddedChannel {
            try join(
                user: cap == .user || cap == .session ? 1 : n,
                session: cap == .session ? 1 : n,
                address: cap == .address ? "2001:db8:0:1::\(n)" : "2001:db8:0:\(n)::1"
            )
        }
        let members = try (1...3).map(member)
        for channel in members { #expect(try channel.frames()[0].contains("hello")) }
        let expected = cap == .node ? "close 4100 overloaded retry=" : "close 4101 too_many_connections retry="
        #expect(try member(4).frames()[0].hasPrefix(expected))
        let stranger = try join(user: 9, session: 9, address: "2001:db8:9::1").frames()[0]
        #expect(stranger.contains("hello") == (cap != .node))
        _ = try members[0].finish(acceptAlreadyClosed: true)
        #expect(try member(5).frames()[0].contains("hello"))
    }
}

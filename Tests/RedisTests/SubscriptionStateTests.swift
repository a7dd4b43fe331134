// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import NIOCore
import Testing

@testable import Redis

@Suite("SubscriptionState")
struct SubscriptionStateTests {
    func frame(_ words: String...) -> RESPValue { .array(words.map { .bulk(Array($0.utf8)) }) }

    func confirmation(_ kind: String, _ name: String, _ count: Int64) -> RESPValue {
        .array([.bulk(Array(kind.utf8)), .bulk(Array(name.utf8)), .integer(count)])
    }

    @Test("Established once every subscription is confirmed, then messages come")
    func messages() {
        var state = SubscriptionState(subscriptions: 2)
        #expect(state.receive(confirmation("psubscribe", "live.*", 1)) == .none)
        #expect(state.receive(confirmation("subscribe", "sessions", 2)) == .established)
        #expect(
            state.receive(frame("pmessage", "live.*", "live.a", "1"))
                == .deliver(RedisMessage(channel: "live.a", payload: [49], pattern: "live.*"))
        )
        #expect(
            state.receive(frame("message", "sessions", "x"))
                == .deliver(RedisMessage(channel: "sessions", payload: [120]))
        )
        #expect(state.receive(frame("pong", "")) == .none)
    }

    @Test("A confirmation nobody asked for, an unknown frame, a reply or an error ends the connection")
    func refused() {
        for value in [
            confirmation("subscribe", "y", 1), frame("hello"), .simple("OK"), .integer(1), .error("NOPERM"), .null,
        ] {
            var state = SubscriptionState(subscriptions: 0)
            guard case .close = state.receive(value) else {
                Issue.record("\(value) was taken")
                continue
            }
        }
    }

    @Test("A channel whose name is not UTF-8 is passed over")
    func channelNotText() {
        var state = SubscriptionState(subscriptions: 0)
        let value = RESPValue.array([.bulk(Array("message".utf8)), .bulk([0xff]), .bulk([1])])
        #expect(state.receive(value) == .none)
    }

    @Test("Pending replies come back in order and count what they hold")
    func pendingReplies() {
        var pending = PendingReplies<String>(maximumCount: 2, maximumBytes: 100)
        #expect(pending.nextDeadline == nil)
        pending.append("a", bytes: 60, deadline: .uptimeNanoseconds(50))
        #expect(pending.hasRoom(for: 1))
        #expect(!pending.hasRoom(for: 2))
        pending.append("b", bytes: 60, deadline: .uptimeNanoseconds(20))
        #expect(!pending.hasRoom(for: 1))
        #expect(pending.nextDeadline == .uptimeNanoseconds(20))
        #expect(pending.popFirst() == "a")
        #expect(pending.bytes == 60)
        #expect(pending.removeAll() == ["b"])
        #expect(pending.popFirst() == nil)
        #expect(pending.bytes == 0)
    }
}

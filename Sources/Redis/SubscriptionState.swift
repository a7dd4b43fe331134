// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

/// What the frames on a subscribed connection mean. Pure.
struct SubscriptionState {
    enum Action: Equatable {
        case none
        /// Everything asked for is subscribed: from now on nothing published is missed.
        case established
        case deliver(RedisMessage)
        case close(RedisError)
    }

    private var unconfirmed: Int

    init(subscriptions: Int) { unconfirmed = subscriptions }

    mutating func receive(_ value: RESPValue) -> Action {
        if case .error(let text) = value { return .close(RedisError(.server(text))) }
        // A PING on a connection with no subscription yet is answered as a plain status.
        if value.string == "PONG" { return .none }
        guard let frame = value.array, let kind = frame.first?.string else {
            return .close(RedisError(.badReply, "a frame that is no message"))
        }
        switch (kind, frame.count) {
        case ("message", 3):
            guard let payload = frame[2].bytes, let channel = frame[1].string else { return .none }
            return .deliver(RedisMessage(channel: channel, payload: payload))
        case ("pmessage", 4):
            // A channel name that is not UTF-8 is nobody's: no topic could be meant.
            guard let payload = frame[3].bytes, let channel = frame[2].string else { return .none }
            return .deliver(RedisMessage(channel: channel, payload: payload, pattern: frame[1].string))
        case ("subscribe", 3), ("psubscribe", 3):
            guard unconfirmed > 0 else { return .close(RedisError(.badReply, "a confirmation nobody asked for")) }
            unconfirmed -= 1
            return unconfirmed == 0 ? .established : .none
        case ("pong", _):
            return .none
        default:
            return .close(RedisError(.badReply, "an unknown frame on a subscription"))
        }
    }
}

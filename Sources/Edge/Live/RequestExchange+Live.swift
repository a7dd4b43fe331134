// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation
internal import HTTPMessages
internal import Live
internal import NIOCore
internal import Sessions
internal import Tokens
internal import Wire

/// The door at `/live` (live.md §1, login.md §8): WebSocket, SSE and long-poll under one rule.
extension RequestExchange {
    func beginLive() throws(Refusal) {
        self.credentials = try Credentials.read(self.head)
        let query = LiveQuery(self.head.query)
        let transport = try self.liveTransport(query)
        var isWebSocket = false
        if case .webSocket = transport { isWebSocket = true }
        try self.checkSocketOrigin(isWebSocket: isWebSocket)
        if case .eventStream = transport {
            // Any status but 200 would end an EventSource for good, so it is never sent away here.
        } else if let retry = self.worker.shard.knock() {
            throw Rescue.refusal(for: .overloaded, retry: retry)
        }
        if case .eventStream = transport, EventStream.shouldStop(lastEventID: self.head.string(.lastEventID)) {
            // Ends an EventSource that was told to stop and came back (live.md §2).
            return self.answer(.empty(204))
        }
        let isBrowser = self.head.count(.origin) > 0 || self.credentials.sid != nil || !isWebSocket
        self.live = LiveAnswer(
            transport: transport,
            query: query,
            isBrowser: isBrowser && self.credentials.bearer == nil
        )
        self.authenticate()
    }

    func liveAuthenticated(_ result: Result<Caller, Refusal>) throws(Refusal) {
        guard let live else { return }
        var join = JoinRequest(
            identity: nil,
            topics: live.query.topics,
            since: live.query.since,
            remoteAddress: self.clientAddress.text
        )
        switch result {
        case .success(.anonymous(let wasDead, let reason)):
            if live.query.isAnonymous, self.credentials.isEmpty {
                join.isAnonymous = true
            } else if live.isBrowser, !live.isPoll {
                join.refusal = .loginRequired
            } else {
                throw Rescue.loginRefusal(wasDead: wasDead, because: reason)
            }
        case .success(let caller):
            join.identity = caller.liveIdentity
        case .failure(let refusal):
            guard live.isBrowser, !live.isPoll, refusal.status == 503 else { throw refusal }
            join.refusal = .internal
        }
        self.startLive(live, join)
    }

    private func startLive(_ live: LiveAnswer, _ join: JoinRequest) {
        switch live.transport {
        case .webSocket(let key):
            self.client.upgrade(accept: WebSocketHandshake.accept(key: key[...]), join: join)
        case .eventStream:
            self.startStream(
                Answer(
                    status: 200,
                    fields: [
                        ("content-type", "text/event-stream"), ("cache-control", "no-cache, no-transform"),
                        ("x-accel-buffering", "no"),
                    ]
                )
            )
            let lastEventID = self.head.string(.lastEventID).flatMap { $0.isEmpty ? nil : $0 }
            let stream = EventStream(
                shard: self.worker.shard,
                join: join,
                sink: ExchangeStreamSink(exchange: self),
                lastEventID: lastEventID
            )
            live.stream = stream
            stream.start()
        case .longPoll:
            let epoch = self.epoch
            let poll = LongPoll(shard: self.worker.shard, join: join) { [weak self] answer in
                guard let self, self.epoch == epoch else { return }
                self.finishPoll(answer)
            }
            live.poll = poll
            poll.start()
        }
    }

    private func liveTransport(_ query: LiveQuery) throws(Refusal) -> LiveAnswer.Transport {
        if self.asksForWebSocket {
            return .webSocket(key: try self.webSocketKey())
        }
        if self.head.string(.accept)?.contains("text/event-stream") == true { return .eventStream }
        if query.isPoll { return .longPoll }
        throw Refusal(.upgradeRequired, "Open a WebSocket, or ask for text/event-stream, or add ?poll=1.")
    }

    /// RFC 6455 §4.2.1, over HTTP/1.1 alone: extended CONNECT is not offered.
    var asksForWebSocket: Bool {
        guard self.head.version == .http11, self.head.connectionLists("upgrade"),
            let value = self.head.first(.upgrade)
        else { return false }
        for token in TokenList(value) where String(decoding: token, as: UTF8.self).lowercased() == "websocket" {
            return true
        }
        return false
    }

    /// RFC 6455 §4.2.1: one key of 16 bytes in base64, version 13.
    private func webSocketKey() throws(Refusal) -> [UInt8] {
        do throws(WebSocketHandshake.Refusal) {
            try WebSocketHandshake.validate(
                key: self.head.first(.secWebSocketKey),
                version: self.head.first(.secWebSocketVersion)
            )
        } catch {
            throw Refusal(.badMessage, "The WebSocket handshake is not well-formed.", reason: "\(error)")
        }
        guard self.framing == .none, self.head.count(.secWebSocketKey) == 1, self.head.count(.secWebSocketVersion) == 1,
            let key = self.head.first(.secWebSocketKey)
        else { throw Refusal(.badMessage, "The WebSocket handshake is not well-formed.") }
        return Array(key)
    }

    /// A cookie speaks only for pages of ours. Without any credential a foreign page is refused all the same, and a
    /// handshake without `Origin` is a native client's, to be answered in plain statuses.
    func checkSocketOrigin(isWebSocket: Bool) throws(Refusal) {
        var request = CrossSite.request(
            self.head,
            credentials: self.credentials,
            underAuth: false,
            role: self.facts.role
        )
        if self.credentials.isEmpty, self.head.count(.origin) > 0 { request.credential = .cookie }
        guard case .refuse(let reason) = self.shared.crossSite.liveVerdict(request, isWebSocket: isWebSocket)
        else {
            return
        }
        var refusal = Refusal(.originRefused, "Live connections are for pages of this site.", reason: reason.rawValue)
        refusal.isBare = isWebSocket
        throw refusal
    }
}

extension LiveAnswer {
    var isPoll: Bool { if case .longPoll = self.transport { true } else { false } }
}

extension Caller {
    /// `nil` for nobody.
    var liveIdentity: LiveIdentity? {
        switch self {
        case .anonymous: nil
        case .session(let session):
            LiveIdentity(
                subject: session.subject,
                claims: session.claims,
                session: .init(key: LiveSessionKey(session.key.bytes), publicID: session.publicID),
                endsAt: session.end
            )
        case .bearer(let token, _):
            LiveIdentity(
                subject: token.subject,
                claims: token.claims,
                session: nil,
                endsAt: Date(timeIntervalSince1970: TimeInterval(token.expiresAt))
            )
        }
    }
}

extension RequestExchange {
    fileprivate func finishPoll(_ answer: LongPollAnswer) {
        if let code = answer.refusal { return self.refuse(Rescue.refusal(for: code, retry: answer.retry)) }
        var response = Answer(status: answer.status, fields: [("cache-control", "no-store")], body: answer.body)
        if answer.status == 200 { response.fields.append(("content-type", "application/json")) }
        if let cursor = answer.cursor { response.fields.append(("live-cursor", cursor.description)) }
        self.answer(response)
    }
}

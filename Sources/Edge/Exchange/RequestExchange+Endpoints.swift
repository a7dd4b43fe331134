// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import HTTPMessages
internal import NIOCore

/// Requests under `/auth`: the body is gathered on the loop, the work happens off it.
extension RequestExchange {
    func beginEndpoint(_ endpoint: AuthEndpoint) throws(Refusal) {
        guard AuthBodyKind(self.head, of: endpoint) != nil else {
            throw Refusal(.typeRefused, "Send the fields as application/json, or as a plain HTML form.")
        }
        let limit = AuthEndpoint.bodyLimit
        if case .length(let length) = self.framing, length > limit { throw Self.bodyTooLarge }
        if self.machine.collect(limit: limit) { return self.runEndpoint() }
        if self.head.expectsContinue { self.client.sendContinue() }
        self.client.resumeReading()
    }

    func runEndpoint() {
        guard let endpoint, let sessions = self.shared.services.sessions,
            let kind = AuthBodyKind(self.head, of: endpoint)
        else { return }
        let request = AuthRequest(
            endpoint: endpoint,
            method: self.head.method,
            sid: self.credentials.sid,
            client: self.clientAddress,
            userAgent: self.head.string(.userAgent),
            kind: kind,
            body: self.collected,
            query: Array(self.head.query ?? []),
            pages: self.facts.role == .public ? self.shared.settings.pages : AuthPages()
        )
        let limits = self.shared.authLimits
        let promise = self.worker.loop.makePromise(of: Answer.self)
        // Loop → async, once per login or logout: these wait for the store and the back end, never a proxied request.
        promise.completeWithTask { try await request.answer(sessions: sessions, limits: limits) }
        let epoch = self.epoch
        promise.futureResult.assumeIsolated().whenComplete { result in
            guard epoch == self.epoch, !self.machine.isIdle else { return }
            switch result {
            case .success(let answer): self.answer(answer)
            case .failure(let error): self.refuse(Rescue.refusal(for: error))
            }
        }
    }
}

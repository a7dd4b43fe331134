// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import HTTPMessages
internal import NIOCore
internal import Upstreams

/// Own answers, and every way an exchange ends.
extension RequestExchange {
    static let bodyTooLarge = Refusal(.bodyTooLarge, "The request body is larger than this path takes.")

    /// Before a head went out: an answer made by `Rescue`. After it: an abort.
    func refuse(_ refusal: Refusal) {
        switch self.machine.fail() {
        case .ignore:
            return
        case .answer(let cancelUpstream, let reusable):
            if cancelUpstream { self.upstream?.cancel() }
            self.note(refusal)
            let isBroken = refusal.status == 400 || refusal.status == 408
            var answer = Rescue.answer(refusal, to: self.head, context: self.rescueContext())
            if self.facts.role == .internal {
                let status = ProxyStatus.value(refusal, upstream: self.route?.settings.upstream)
                answer.fields.append(("proxy-status", status))
            }
            self.write(answer, reusable: reusable && !isBroken)
            self.finish(reusable: reusable && !isBroken)
        case .abort(let cancelUpstream):
            if cancelUpstream { self.upstream?.cancel() }
            self.note(refusal)
            self.record()
            self.clear()
            self.client.abort()
        }
    }

    private func note(_ refusal: Refusal) {
        self.code = refusal.code.rawValue
        self.reason = refusal.reason
        self.shared.metrics.refused(refusal.code)
    }

    /// A complete own response.
    func answer(_ answer: Answer) {
        guard case .end(let reusable) = self.machine.answered() else { return }
        self.code = answer.code
        self.write(answer, reusable: reusable)
        self.finish(reusable: reusable)
    }

    /// An own head; the body follows by `streamBody`, the end by `endStream`.
    func startStream(_ answer: Answer) {
        self.machine.stream()
        self.status = answer.status
        self.client.sendStreamHead(self.withStandingFields(answer))
    }

    func streamBody(_ bytes: ByteBuffer) {
        self.sent += bytes.readableBytes
        self.client.sendBody(bytes)
    }

    func endStream() {
        guard case .end(let reusable) = self.machine.answered() else { return }
        self.finish(reusable: reusable)
    }

    /// The connection is a WebSocket from here on; this exchange is over.
    func upgraded() {
        guard self.machine.switched() else { return }
        self.status = 101
        self.record()
        self.clear()
    }

    private func write(_ answer: Answer, reusable: Bool) {
        self.status = answer.status
        self.sent = self.head.method == .head ? 0 : answer.body.count
        self.client.send(self.withStandingFields(answer), reusable: reusable)
    }

    private func withStandingFields(_ answer: Answer) -> Answer {
        var answer = answer
        answer.fields.append(("date", self.worker.dateText(now: .now())))
        if self.sendsStrictTransport { answer.fields.append(("strict-transport-security", "max-age=31536000")) }
        for (name, value) in self.statement.crossOriginFields { answer.fields.append((name, value)) }
        return answer
    }

    private func rescueContext() -> Rescue.Context {
        Rescue.Context(
            requestID: self.requestID,
            loginPage: self.facts.role == .public ? self.shared.settings.pages.login : nil,
            startingUpstream: self.facts.role == .public && self.shared.settings.isDevelopment
                ? self.route?.settings.upstream : nil
        )
    }

    /// Not for localhost, where it would bind every other project of the machine.
    var sendsStrictTransport: Bool {
        self.facts.role == .public && !PublicOrigin.isLocal(HostAllowList.name(of: self.publicHost()))
    }

    func finish(reusable: Bool) {
        self.record()
        self.clear()
        self.client.end(reusable: reusable)
    }
}

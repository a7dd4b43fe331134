// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import HTTPMessages
internal import NIOCore
internal import Upstreams

/// What is left of a request once it is over: counts, spans, a line in the access log.
extension RequestExchange {
    func record() {
        let nanoseconds = (NIODeadline.now() - self.started).nanoseconds
        let metrics = self.route?.metrics ?? self.shared.unroutedMetrics
        metrics.record(status: self.status, nanoseconds: nanoseconds, received: self.machine.received, sent: self.sent)
        self.recordSpans(nanoseconds: nanoseconds)
        let log = self.shared.accessLog
        guard log.isEnabled else { return }
        log.record(
            AccessLog.Entry(
                requestID: self.requestID,
                trace: self.trace.parent == 0 ? nil : self.trace.id,
                listener: self.facts.role,
                method: self.head.method,
                path: self.head.path.isEmpty ? nil : String(decoding: self.head.path, as: UTF8.self),
                version: self.head.version,
                client: self.clientAddress.text,
                status: self.status,
                route: self.route?.settings.prefix,
                upstream: self.route?.settings.upstream,
                endpoint: self.upstream?.attempts.endpoint,
                attempts: self.upstream?.attempts.count ?? 0,
                upstreamNanoseconds: self.upstream?.attempts.headNanoseconds,
                nanoseconds: nanoseconds,
                received: self.machine.received,
                sent: self.sent,
                code: self.code,
                reason: self.reason
            )
        )
    }
}

// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation
internal import HTTPMessages
internal import NIOCore
internal import Observability
internal import Upstreams

/// The spans of one request, made only where they are recorded: the request itself, and each attempt upstream.
extension RequestExchange {
    func recordSpans(nanoseconds: Int64) {
        guard self.trace.isRecorded else { return }
        let end = UInt64(max(0, Date().timeIntervalSince1970) * 1e9)
        let start = end - UInt64(max(0, nanoseconds))
        self.worker.append(self.requestSpan(start: start, end: end))
        if let upstream { self.recordAttempts(upstream.attempts, start: start, end: end) }
    }

    private func requestSpan(start: UInt64, end: UInt64) -> SpanRecord {
        var attributes: [(name: String, value: SpanRecord.Value)] = [
            ("http.request.method", .text(self.head.method.name)),
            ("url.scheme", .text("https")),
            ("url.path", .text(String(decoding: self.head.path, as: UTF8.self))),
            ("http.response.status_code", .number(self.status)),
            ("client.address", .text(self.facts.client.text)),
            ("network.protocol.version", .text(self.head.version.number)),
            ("gatecast.request.id", .text(self.requestID.description)),
        ]
        if let route { attributes.append(("http.route", .text(route.settings.prefix))) }
        if let code { attributes.append(("error.type", .text(code))) }
        let place = self.route?.settings.prefix ?? self.endpoint.map { _ in "/auth" } ?? self.live.map { _ in "/live" }
        return SpanRecord(
            trace: self.trace.id,
            span: self.trace.span,
            parent: self.trace.parent,
            kind: .server,
            name: place.map { "\(self.head.method.name) \($0)" } ?? self.head.method.name,
            start: start,
            end: end,
            attributes: attributes,
            isError: self.status >= 500,
            link: self.trace.link
        )
    }

    /// The last attempt bears the id the upstream was told; those before it are its siblings.
    private func recordAttempts(_ attempts: UpstreamAttempts, start: UInt64, end: UInt64) {
        let begun = UInt64(max(0, (attempts.started - self.started).nanoseconds)) + start
        for (index, attempt) in attempts.failed.enumerated() {
            self.worker.append(
                self.attemptSpan(
                    id: self.worker.requestIDs.word() | 1,
                    endpoint: attempt.endpoint,
                    from: begun + UInt64(max(0, attempt.began.nanoseconds)),
                    to: begun + UInt64(max(0, attempt.ended.nanoseconds)),
                    attributes: [
                        ("http.request.resend_count", .number(index)), ("error.type", .text(attempt.code.rawValue)),
                    ],
                    isError: true
                )
            )
        }
        guard attempts.count > attempts.failed.count else { return }
        self.worker.append(
            self.attemptSpan(
                id: self.trace.upstreamSpan,
                endpoint: attempts.endpoint ?? "-",
                from: begun + UInt64(max(0, attempts.lastBegan.nanoseconds)),
                to: end,
                attributes: [
                    ("http.request.resend_count", .number(attempts.count - 1)),
                    ("http.response.status_code", .number(self.status)),
                ],
                isError: self.status >= 500
            )
        )
    }

    private func attemptSpan(
        id: UInt64,
        endpoint: String,
        from start: UInt64,
        to end: UInt64,
        attributes: [(name: String, value: SpanRecord.Value)],
        isError: Bool
    ) -> SpanRecord {
        SpanRecord(
            trace: self.trace.id,
            span: id,
            parent: self.trace.span,
            kind: .client,
            name: "\(self.head.method.name) \(self.route?.settings.upstream ?? "-")",
            start: start,
            end: max(start, end),
            attributes: [
                ("http.request.method", .text(self.head.method.name)),
                ("server.address", .text(endpoint)),
                ("gatecast.upstream", .text(self.route?.settings.upstream ?? "-")),
            ] + attributes,
            isError: isError
        )
    }
}

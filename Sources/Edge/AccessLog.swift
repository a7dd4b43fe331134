// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import HTTPMessages
internal import Logging
internal import NIOCore
internal import Observability

/// One info record per request. Never a cookie, `Authorization`, or query (proxy.md §13).
struct AccessLog: Sendable {
    struct Entry {
        var requestID: RequestID
        /// Where it is another than the request's own: a trusted caller's.
        var trace: TraceID?
        var listener: ListenerRole
        var method: Method
        /// Without its query; `nil` where no head was understood.
        var path: String?
        var version: HTTPVersion
        var client: String
        var status: Int
        var route: String?
        var upstream: String?
        /// Of the last attempt, as configured.
        var endpoint: String?
        /// 0: the upstream was not asked.
        var attempts = 0
        /// To the head of the upstream's answer, waits and retries included.
        var upstreamNanoseconds: Int64?
        var nanoseconds: Int64
        var received: Int
        var sent: Int
        /// `Refusal.Code`, or `client-closed`.
        var code: String?
        var reason: String?
    }

    let logger: Logger

    /// Ask before building an entry: its strings cost more than the question.
    var isEnabled: Bool { self.logger.logLevel <= .info }

    func record(_ entry: Entry) {
        var metadata: Logger.Metadata = [
            "request.id": .string(entry.requestID.description),
            "listener": .string(entry.listener.rawValue),
            "client": .string(entry.client),
            "protocol": .string(Self.name(entry.version)),
            "status": .string(String(entry.status)),
            "duration_ms": .string(Self.milliseconds(entry.nanoseconds)),
            "bytes_in": .string(String(entry.received)),
            "bytes_out": .string(String(entry.sent)),
        ]
        if let path = entry.path {
            metadata["method"] = .string(entry.method.name)
            metadata["path"] = .string(path)
        }
        if let route = entry.route { metadata["route"] = .string(route) }
        if let upstream = entry.upstream { metadata["upstream"] = .string(upstream) }
        if let endpoint = entry.endpoint { metadata["upstream.endpoint"] = .string(endpoint) }
        if entry.attempts > 0 { metadata["upstream.attempts"] = .string(String(entry.attempts)) }
        if let nanoseconds = entry.upstreamNanoseconds {
            metadata["upstream.head_ms"] = .string(Self.milliseconds(nanoseconds))
        }
        if let trace = entry.trace { metadata["trace.id"] = "\(RequestID(high: trace.high, low: trace.low))" }
        if let code = entry.code { metadata["code"] = .string(code) }
        if let reason = entry.reason { metadata["reason"] = .string(reason) }
        self.logger.info("request", metadata: metadata)
    }

    /// The end of a tunnel; its beginning is a request with status 101.
    struct TunnelEntry {
        var facts: TunnelFacts
        var nanoseconds: Int64
        var received: Int
        var sent: Int
        var end: TunnelEnd
    }

    func record(_ entry: TunnelEntry) {
        guard self.isEnabled else { return }
        var metadata: Logger.Metadata = [
            "request.id": "\(entry.facts.requestID)",
            "listener": .string(entry.facts.listener.rawValue),
            "client": .string(entry.facts.client),
            "path": .string(entry.facts.path),
            "route": .string(entry.facts.route),
            "upstream": .string(entry.facts.upstream),
            "duration_ms": .string(Self.milliseconds(entry.nanoseconds)),
            "bytes_in": .string(String(entry.received)),
            "bytes_out": .string(String(entry.sent)),
            "code": .string(entry.end.reason),
        ]
        if case .session(_, let publicID, _) = entry.facts.owner { metadata["session.id"] = .string(publicID) }
        self.logger.info("tunnel closed", metadata: metadata)
    }

    private static func name(_ version: HTTPVersion) -> String {
        switch version {
        case .http10: "HTTP/1.0"
        case .http11: "HTTP/1.1"
        case .http2: "HTTP/2"
        }
    }

    /// Three decimals, without Foundation's formatter.
    private static func milliseconds(_ nanoseconds: Int64) -> String {
        let micro = max(0, nanoseconds / 1_000)
        let rest = String(micro % 1_000)
        return "\(micro / 1_000)." + String(repeating: "0", count: 3 - rest.utf8.count) + rest
    }
}

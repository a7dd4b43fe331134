// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import AsyncHTTPClient
package import Logging
internal import Metrics
package import NIOCore
internal import NIOHTTP1
internal import ServiceLifecycle
internal import Settings

/// Sends spans to a collector as OTLP/HTTP JSON: in batches, from a bounded queue, again after a pause where that may
/// help. What is not delivered is dropped and counted; nothing ever waits for it. The last batches go out, with one try
/// each, after whatever still makes spans has shut down.
package final class OTLPExporter: Service, SpanSink {
    /// What a slow collector may cost in memory: about 8 MiB.
    static let capacity = 8_192
    static let batch = 512
    private static let interval = Duration.milliseconds(500)
    private static let timeout = TimeAmount.seconds(10)

    private let url: String
    private let headers: [(name: String, value: Secret)]
    private let resource: [(name: String, value: String)]
    private let group: any EventLoopGroup
    private let logger: Logger
    private let firstPause: Duration
    private let queue: SpanQueue
    private let exported = Counter(label: "gatecast_trace_spans_exported_total")
    private let overflown = Counter(label: "gatecast_trace_spans_dropped_total", dimensions: [("reason", "overflow")])
    private let failed = Counter(label: "gatecast_trace_spans_dropped_total", dimensions: [("reason", "export")])

    /// - Parameters:
    ///   - endpoint: `TracingSettings.endpoint`.
    ///   - version: `service.version` of the spans.
    package init(
        endpoint: String,
        settings: TracingSettings,
        version: String,
        group: any EventLoopGroup,
        logger: Logger,
        firstPause: Duration = .seconds(1),
        capacity: Int = OTLPExporter.capacity
    ) {
        self.url = (endpoint.hasSuffix("/") ? String(endpoint.dropLast()) : endpoint) + "/v1/traces"
        self.headers = settings.headers
        self.resource = [("service.name", settings.service), ("service.version", version)]
        self.group = group
        self.logger = logger
        self.firstPause = firstPause
        self.queue = SpanQueue(capacity: capacity)
    }

    package func record(_ spans: [SpanRecord]) {
        let dropped = self.queue.append(spans)
        if dropped > 0 { self.overflown.increment(by: dropped) }
    }

    package func run() async throws {
        var configuration = HTTPClient.Configuration()
        configuration.redirectConfiguration = .disallow
        configuration.timeout.connect = .seconds(2)
        let client = HTTPClient(eventLoopGroupProvider: .shared(self.group), configuration: configuration)
        while !Self.isStopping {
            await Self.pause(Self.interval)
            await self.drain(client)
        }
        await self.drain(client)
        try await client.shutdown()
    }

    private static var isStopping: Bool { Task.isShuttingDownGracefully || Task.isCancelled }

    /// Cut short by shutdown.
    private static func pause(_ duration: Duration) async {
        try? await cancelWhenGracefulShutdown { try await Task.sleep(for: duration) }
    }

    private func drain(_ client: HTTPClient) async {
        while true {
            let batch = self.queue.take(atMost: Self.batch)
            if batch.isEmpty { return }
            await self.export(batch, client)
        }
    }

    private func export(_ batch: [SpanRecord], _ client: HTTPClient) async {
        let body = ByteBuffer(bytes: OTLPPayload.encode(batch, resource: self.resource))
        var backoff = ExportBackoff(first: self.firstPause)
        while true {
            let (outcome, detail) = await self.send(body, client)
            switch backoff.step(after: outcome, chance: .random(in: 0...1)) {
            case .done:
                return self.exported.increment(by: batch.count)
            case .wait(let pause) where !Self.isStopping:
                // After a pause that shutdown cut short comes one more try, and no further.
                await Self.pause(pause)
            case .wait, .drop:
                self.failed.increment(by: batch.count)
                return self.logger.warning(
                    "spans were not exported",
                    metadata: ["spans": "\(batch.count)", "detail": .string(detail)]
                )
            }
        }
    }

    private func send(_ body: ByteBuffer, _ client: HTTPClient) async -> (ExportBackoff.Outcome, detail: String) {
        var request = HTTPClientRequest(url: self.url)
        request.method = .POST
        request.headers = ["content-type": "application/json"]
        for header in self.headers { request.headers.replaceOrAdd(name: header.name, value: header.value.text) }
        request.body = .bytes(body)
        do {
            let answer = try await client.execute(request, timeout: Self.timeout)
            // Read, so that the connection can be kept; more than this nobody needs to know.
            _ = try? await answer.body.collect(upTo: 64 * 1024)
            let status = Int(answer.status.code)
            let retryAfter = answer.headers.first(name: "retry-after")
            return (ExportBackoff.outcome(status: status, retryAfter: retryAfter), "status \(status)")
        } catch {
            return (.unavailable(retryAfter: nil), "\(error)")
        }
    }
}

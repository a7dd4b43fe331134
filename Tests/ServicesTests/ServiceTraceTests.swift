// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import EventLog
internal import HTTPTypes
internal import Hummingbird
internal import HummingbirdTesting
internal import Logging
internal import Notifications
internal import Observability
internal import Settings
internal import Store
internal import StrictJSON
internal import Synchronization
internal import Tasks
import Testing

@testable import ServiceKit

@Suite("A service's place in a trace")
struct ServiceTraceTests {
    private final class Spans: SpanSink {
        private let list = Mutex<[SpanRecord]>([])
        var all: [SpanRecord] { self.list.withLock { $0 } }
        func record(_ spans: [SpanRecord]) { self.list.withLock { $0 += spans } }
    }

    private static let parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

    @Test("A caller's trace goes on with a span of our own; whatever is malformed begins a new one")
    func continues() {
        let trace = ServiceTrace([Self.parent])
        #expect("\(trace.id)" == "0af7651916cd43dd8448eb211c80319c")
        #expect(trace.parent == 0xb7ad_6b71_6920_3331)
        #expect(trace.isSampled)
        #expect(trace.traceparent.hasPrefix("00-0af7651916cd43dd8448eb211c80319c-"))
        #expect(!trace.traceparent.contains("b7ad6b7169203331"))
        #expect(ServiceTrace([trace.traceparent]).parent == trace.span)
        for bad in [[], ["00-a"], [Self.parent, Self.parent]] {
            let fresh = ServiceTrace(bad)
            #expect(fresh.parent == 0)
            #expect(fresh.id != trace.id)
        }
    }

    @Test("A request leaves one span with route, status and request id; probes and unsampled traces leave none")
    func request() async throws {
        let (harness, spans) = (try ServiceHarness(), Spans())
        let application = try await TasksApp.build(
            settings: harness.settings("tasks"),
            bus: RecordingBus(),
            authority: harness.authority,
            spans: spans,
            logger: harness.logger
        )
        var ana = try harness.headers("ana")
        ana[RequestIdentifier.field] = "r-7"
        ana[ServiceTrace.field] = Self.parent
        var unsampled = ana
        unsampled[ServiceTrace.field] = String(Self.parent.dropLast()) + "0"
        try await application.application.test(.router) { [ana, unsampled] client in
            _ = try await client.call(.get, "/api/tasks/no-such", ana)
            _ = try await client.call(.get, "/api/tasks/no-such", unsampled)
            _ = try await client.call(.get, "/readyz", ana)
        }
        let span = try #require(spans.all.first)
        #expect(spans.all.count == 1)
        #expect(span.kind == .server)
        #expect(span.name == "GET /api/tasks/{id}")
        #expect("\(span.trace)" == "0af7651916cd43dd8448eb211c80319c")
        #expect(span.parent == 0xb7ad_6b71_6920_3331)
        #expect(span.start <= span.end)
        #expect(!span.isError)
        let values = Dictionary(uniqueKeysWithValues: span.attributes.map { ($0.name, $0.value) })
        #expect(values["http.response.status_code"] == .number(404))
        #expect(values["gatecast.request.id"] == .text("r-7"))
    }

    @Test("A handled event is a span under the request that made it, and what it causes is under the event")
    func event() async throws {
        let (harness, spans) = (try ServiceHarness(), Spans())
        let bus = EmbeddedEventBus(logger: harness.logger)
        let (causes, told) = AsyncStream<EventCause>.makeStream()
        let consuming = Task {
            // Keeps what it is given, and writes nothing.
            var logger = Logger(label: "test") { StreamLogHandler.standardError(label: $0) }
            logger.logLevel = .critical
            try await bus.consume(group: "g", consumer: "c", spans: spans, logger: logger) { event, logger in
                #expect(logger[metadataKey: "request.id"] == "r-7")
                #expect(logger[metadataKey: "trace.id"] == "0af7651916cd43dd8448eb211c80319c")
                told.yield(event.cause)
            }
        }
        let cause = EventCause(requestID: "r-7", traceparent: Self.parent)
        try await bus.publish(DomainEvent(id: "e", source: "/s", type: "t", subject: "s", cause: cause, data: [0x31]))
        var iterator = causes.makeAsyncIterator()
        let passed = await iterator.next()
        consuming.cancel()
        _ = await consuming.result
        let span = try #require(spans.all.first)
        #expect(span.kind == .consumer)
        #expect(span.name == "process t")
        #expect(span.parent == 0xb7ad_6b71_6920_3331)
        #expect(passed?.requestID == "r-7")
        #expect(ServiceTrace(passed?.traceparent.map { [$0] } ?? []).parent == span.span)
    }

    @Test("The collector's address is read strictly")
    func collector() throws {
        let key = "OTEL_EXPORTER_OTLP_ENDPOINT"
        let good = try ServiceSettings.load(
            service: "tasks",
            environment: [key: "http://127.0.0.1:4318"],
            file: nil
        )
        #expect(good.collector == "http://127.0.0.1:4318")
        #expect(ServiceMain.exporter(good, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }) != nil)
        for bad in ["127.0.0.1:4318", "grpc://collector:4317", "http://"] {
            #expect(throws: SettingsError.self) {
                try ServiceSettings.load(service: "tasks", environment: [key: bad], file: nil)
            }
        }
    }
}

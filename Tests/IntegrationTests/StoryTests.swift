// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import StrictJSON
internal import Synchronization
internal import TestSupport
internal import Testing

@Suite("One id finds the whole story", .serialized, .enabled(if: RedisProcess.isAvailable))
struct StoryTests {
    /// Spans by trace: which service told of which.
    private final class Collector: Sendable {
        private let spans = Mutex<[String: [String: [String]]]>([:])

        func services(_ trace: String) -> [String: [String]] { self.spans.withLock { $0[trace] ?? [:] } }

        func take(_ body: [UInt8]) throws {
            for resource in try JSONScanner.parse(body)["resourceSpans"]?.array ?? [] {
                let name = resource["resource"]?["attributes"]?.array?.first { $0["key"] == "service.name" }
                let service = name?["value"]?["stringValue"]?.string ?? "?"
                for span in resource["scopeSpans"]?.array?.flatMap({ $0["spans"]?.array ?? [] }) ?? [] {
                    let (trace, what) = (span["traceId"]?.string ?? "?", span["name"]?.string ?? "?")
                    self.spans.withLock { $0[trace, default: [:]][service, default: []].append(what) }
                }
            }
        }
    }

    private static func line(of process: ProductProcess, _ message: String, request id: String) async throws
        -> JSONValue
    {
        try await process.wait("\(message) of \(id)") { record in
            guard record["msg"]?.string == message, record["request.id"]?.string == id else { return JSONValue?.none }
            return record
        }
    }

    @Test(
        "The gateway's request id and trace id are in every service's log, in the notice that results, and in one trace",
        .timeLimit(.minutes(5))
    )
    func story() async throws {
        let collector = Collector()
        let server = try await AnsweringServer.start { request in
            do { try collector.take(request.body) } catch { return .init(400) }
            return .init(200, "{}")
        }
        let stack = try await SeparateStack.start(collector: "http://127.0.0.1:\(server.port)")
        let browser = stack.browser()
        let credentials = #"{"username":"ana","password":"correct horse battery"}"#
        #expect(try await browser.send("POST", "/auth/register", json: credentials).status == 200)

        let me = try await browser.send("GET", "/api/users/me")
        let asked = try #require(me.header("x-request-id"))
        let users = try await Self.line(of: stack.services[0], "request", request: asked)
        let door = try await Self.line(of: stack.gateway, "request", request: asked)
        // Where the trace begins at the gateway, its id is the request's, and is not said twice.
        #expect(users["trace.id"]?.string == door["trace.id"]?.string ?? asked)

        var live = try await LiveFrames.open(browser)
        let created = try await browser.send("POST", "/api/tasks/", json: #"{"title":"Water the plants"}"#)
        #expect(created.status == 201)
        let id = try #require(created.header("x-request-id"))
        #expect(try await live.nextEvent()["data"]?["type"] == "task.created")

        let entrance = try await Self.line(of: stack.gateway, "request", request: id)
        let trace = entrance["trace.id"]?.string ?? id
        let work = try await Self.line(of: stack.services[1], "request", request: id)
        let told = try await Self.line(of: stack.services[2], "notices stored", request: id)
        #expect(work["trace.id"]?.string == trace)
        #expect(told["trace.id"]?.string == trace)
        // One shape over all of them.
        for record in [entrance, work, told, users] {
            #expect(["ts", "level", "logger", "msg"].allSatisfy { record[$0]?.string?.isEmpty == false })
        }
        for record in [entrance, work, users] {
            #expect(["method", "path", "status", "duration_ms", "route"].allSatisfy { record[$0] != nil }, "\(record)")
        }
        let inbox = try await browser.send("GET", "/api/notifications/")
        #expect(inbox.json?["items"]?.array?.first?["request_id"]?.string == id)

        try await eventually {
            Set(collector.services(trace).keys).isSuperset(of: ["gatecast", "tasks-service", "notifications-service"])
        }
        #expect(collector.services(trace)["tasks-service"] == ["POST /api/tasks"])
        #expect(collector.services(trace)["notifications-service"] == ["process task.created"])
        let codes = await stack.end()
        #expect(codes.allSatisfy { $0 == 0 }, "\(codes)\n\(stack.logs)")
    }
}

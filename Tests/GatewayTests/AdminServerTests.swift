// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import EventLog
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Live
import NIOCore
import NIOPosix
import StrictJSON
import TestSupport
import Testing
import Wire

@testable import Gateway

@Suite("The admin listener", .timeLimit(.minutes(5)))
struct AdminServerTests {
    private func json(_ response: TestResponse) throws -> JSONValue {
        try JSONScanner.parse(Array(response.body.readableBytesView))
    }

    // MARK: Health

    @Test("Health and metrics need no token")
    func open() async throws {
        try await AdminHarness().test { client in
            let live = try await client.executeRequest(uri: "/livez", method: .get, headers: [:], body: nil)
            #expect(live.status == .ok)
            #expect(String(buffer: live.body) == "ok\n")
            let ready = try await client.executeRequest(uri: "/readyz", method: .get, headers: [:], body: nil)
            #expect(ready.status == .ok)
            #expect(String(buffer: ready.body) == #"{"ready":true,"draining":false,"log":"ok","redis":"ok"}"#)
            let metrics = try await client.executeRequest(uri: "/metrics", method: .get, headers: [:], body: nil)
            #expect(metrics.headers[.contentType] == "text/plain; version=0.0.4; charset=utf-8")
            #expect(String(buffer: metrics.body) == "requests_total 1\n")
        }
    }

    @Test("A check that fails, or a drain, makes it 503 with the reason; it stays alive")
    func notReady() async throws {
        let broken = try AdminHarness(problem: "no answer for 3 s")
        try await broken.test { client in
            let ready = try await client.executeRequest(uri: "/readyz", method: .get, headers: [:], body: nil)
            #expect(ready.status == .serviceUnavailable)
            #expect(
                String(buffer: ready.body)
                    == #"{"ready":false,"draining":false,"log":"ok","redis":"no answer for 3 s"}"#
            )
        }
        let draining = try AdminHarness()
        draining.readiness.drain()
        try await draining.test { client in
            let ready = try await client.executeRequest(uri: "/readyz", method: .get, headers: [:], body: nil)
            #expect(ready.status == .serviceUnavailable)
            #expect(String(buffer: ready.body) == #"{"ready":false,"draining":true,"log":"ok","redis":"ok"}"#)
            let live = try await client.executeRequest(uri: "/livez", method: .get, headers: [:], body: nil)
            #expect(live.status == .ok)
        }
    }

    // MARK: Guards

    @Test(
        "Everything else needs the token",
        arguments: [
            ("/publish", HTTPRequest.Method.post), ("/broadcast", .post), ("/disconnect", .post), ("/tail", .get),
            ("/connections", .get),
            ("/sessions", .get),
            ("/sessions", .delete), ("/status", .get),
        ]
    )
    func guarded(_ path: String, _ method: HTTPRequest.Method) async throws {
        try await AdminHarness().test { client in
            for wrong: HTTPFields in [
                [:], [.authorization: ""], [.authorization: "Bearer"], [.authorization: "Bearer "],
                [.authorization: "Bearer 0123456789abcde"], [.authorization: "Bearer 0123456789abcdeg"],
                [.authorization: "Bearer 0123456789abcdefg"], [.authorization: "Basic \(AdminHarness.token)"],
            ] {
                let answer = try await client.executeRequest(uri: path, method: method, headers: wrong, body: nil)
                #expect(answer.status == .unauthorized, "\(wrong)")
                #expect(answer.headers[.wwwAuthenticate] == "Bearer realm=\"gatecast-admin\"")
                #expect(try json(answer)["code"] == "admin-token-wrong")
            }
        }
        try await AdminHarness(token: nil).test { client in
            let answer = try await client.executeRequest(
                uri: path,
                method: method,
                headers: AdminHarness.bearer,
                body: nil
            )
            #expect(answer.status == .forbidden)
            #expect(try json(answer)["code"] == "admin-token-missing")
        }
    }

    @Test(
        "Another web page is refused, health included, whatever it brings",
        arguments: [
            ("origin", "http://localhost:3000"), ("origin", "null"), ("sec-fetch-site", "none"),
            ("sec-fetch-site", "same-site"), ("sec-fetch-site", "cross-site"),
        ]
    )
    func browser(_ name: String, _ value: String) async throws {
        try await AdminHarness().test { client in
            var headers = AdminHarness.bearer
            headers[try #require(HTTPField.Name(name))] = value
            for path in ["/", "/livez", "/connections"] {
                let answer = try await client.executeRequest(uri: path, method: .get, headers: headers, body: nil)
                #expect(answer.status == .forbidden)
                #expect(answer.headers[.contentType] == "application/problem+json")
                #expect(try json(answer)["code"] == "browser-refused")
            }
        }
    }

    @Test("The operator's page is answered like a tool, and needs the token where a tool does")
    func ownPage() async throws {
        try await AdminHarness().test { client in
            var headers = AdminHarness.bearer
            headers[try #require(HTTPField.Name("sec-fetch-site"))] = "same-origin"
            let answer = try await client.executeRequest(uri: "/connections", method: .get, headers: headers, body: nil)
            #expect(answer.status == .ok)
            #expect(answer.headers[.cacheControl] == "no-store")
            headers[.authorization] = nil
            let open = try await client.executeRequest(uri: "/connections", method: .get, headers: headers, body: nil)
            #expect(open.status == .unauthorized)
        }
    }

    // MARK: Publish

    @Test("A published event is appended with its own bytes and answered by its id; its key repeats that id")
    func publish() async throws {
        let harness = try AdminHarness()
        try await harness.test { client in
            let body = #"{"topic":"user.42","data":{ "n" : 1.0 },"key":"k"}"#
            let first = try await client.publish(body)
            #expect(first.status == .ok)
            let id = try #require(try json(first)["id"]?.string)
            #expect(try json(first) == ["id": .string(id)])
            let second = try await client.publish(body)
            #expect(try json(second) == ["id": .string(id), "duplicate": true])
            let entries = try await harness.entries()
            #expect(entries.map { "\($0.id)" } == [id])
            #expect(entries.first?.topic.name == "user.42")
            #expect(entries.first?.body == .data(Array("{ \"n\" : 1.0 }".utf8)))
        }
    }

    @Test("A batch is answered item by item, ephemeral ones without an id")
    func batch() async throws {
        let harness = try AdminHarness()
        try await harness.test { client in
            let answer = try await client.publish(
                #"[{"topic":"a","data":1},{"topic":"b","data":2,"ephemeral":true},{"topic":"c","data":3}]"#
            )
            let ids = try await harness.entries().map { "\($0.id)" }
            #expect(ids.count == 2)
            #expect(try json(answer) == [["id": .string(ids[0])], ["ephemeral": true], ["id": .string(ids[1])]])
            let one = try await client.publish(#"[{"topic":"a","data":1,"ephemeral":true}]"#)
            #expect(String(buffer: one.body) == #"[{"ephemeral":true}]"#)
        }
    }

    @Test("An ephemeral event reaches who listens and is not kept")
    func ephemeral() async throws {
        let harness = try AdminHarness()
        let sink = TailSink(filters: [], since: nil)
        await withThrowingTaskGroup { group in
            group.addTask { try await harness.lane.run(into: sink) }
            group.addTask {
                // Who listens later hears nothing of what was before: published until the first one arrives.
                try await harness.test { client in
                    while !Task.isCancelled {
                        let answer = try await client.publish(#"{"topic":"a","data":"now","ephemeral":true}"#)
                        #expect(String(buffer: answer.body) == #"{"ephemeral":true}"#)
                        await Task.yield()
                    }
                }
            }
            for await chunk in sink.chunks {
                #expect(String(buffer: chunk).hasSuffix("\"data\":\"now\"}\n\n"))
                break
            }
            group.cancelAll()
        }
        #expect(try await harness.entries().isEmpty)
    }

    @Test("A bad event is 400, one too large 413, and neither leaves anything behind")
    func refused() async throws {
        let harness = try AdminHarness()
        try await harness.test { client in
            let bad = try await client.publish(#"{"topic":"$close","data":1}"#)
            #expect(bad.status == .badRequest)
            #expect(try json(bad)["code"] == "bad-request")
            let large = try await client.publish("{\"topic\":\"a\",\"data\":\"\(String(repeating: "x", count: 63))\"}")
            #expect(large.status == .contentTooLarge)
            #expect(try json(large)["detail"] == "\"data\" has 65 bytes, at most 64 are allowed.")
            let bound = (AdminHarness.maxData + 1024) * 100
            let fits = try await client.publish(String(repeating: " ", count: bound))
            #expect(fits.status == .badRequest)
            let huge = try await client.publish(String(repeating: " ", count: bound + 1))
            #expect(huge.status == .contentTooLarge)
            #expect(try json(huge)["code"] == "body-too-large")
            #expect(try await harness.entries().isEmpty)
        }
    }

    // MARK: Connections and sessions

    @Test("A disconnect is accepted and travels on the log; a bad one is refused")
    func disconnect() async throws {
        let harness = try AdminHarness()
        try await harness.test { client in
            let answer = try await client.post("/disconnect", #"{"user":"42"}"#)
            #expect(answer.status == .accepted)
            let entries = try await harness.entries()
            #expect(entries.map(\.topic.name) == ["$close"])
            #expect(entries.first?.body == .data(Array(#"{"user":"42","code":4005}"#.utf8)))
            let bad = try await client.post("/disconnect", #"{"user":42}"#)
            #expect(bad.status == .badRequest)
            let fits = try await client.post("/disconnect", String(repeating: " ", count: 4096))
            #expect(fits.status == .badRequest)
            let large = try await client.post("/disconnect", String(repeating: " ", count: 4097))
            #expect(large.status == .contentTooLarge)
            #expect(try await harness.entries().count == 1)
        }
    }

    @Test("A broadcast is accepted and travels on the log; a bad or long one is refused")
    func broadcast() async throws {
        let harness = try AdminHarness()
        try await harness.test { client in
            let answer = try await client.post("/broadcast", #"{"topic":"a","data":[1, 2],"to":"org.*"}"#)
            #expect(answer.status == .accepted)
            let entries = try await harness.entries()
            #expect(entries.map(\.topic.name) == ["$broadcast"])
            #expect(entries.first?.body == .data(Array(#"{"topic":"a","to":"org.*","data":[1, 2]}"#.utf8)))
            let bad = try await client.post("/broadcast", #"{"topic":"a"}"#)
            #expect(bad.status == .badRequest)
            let long = #"{"topic":"a","data":"\#(String(repeating: "x", count: 60))"}"#
            let large = try await client.post("/broadcast", long)
            #expect(large.status == .contentTooLarge)
            #expect(try await harness.entries().count == 1)
        }
    }

    @Test("A limit of connections is a number within its bounds", arguments: ["-1", "x", "100001", ""])
    func limit(_ text: String) async throws {
        try await AdminHarness().test { client in
            let refused = try await client.get("/connections?limit=\(text)")
            #expect(refused.status == .badRequest)
            let taken = try await client.get("/connections?limit=100000")
            #expect(taken.status == .ok)
        }
    }

    @Test("Connections of a node nobody uses are none", arguments: ["", "?user=42", "?slow=1"])
    func connections(_ query: String) async throws {
        try await AdminHarness().test { client in
            let answer = try await client.get("/connections\(query)")
            #expect(answer.status == .ok)
            #expect(String(buffer: answer.body) == #"{"count":0,"connections":[]}"#)
        }
    }

    @Test("A connection is shown with its user and public session id, and found by its user")
    func oneConnection() async throws {
        let harness = try AdminHarness()
        try await withThrowingTaskGroup { group in
            group.addTask { try await harness.hub.run() }
            try await eventually { harness.hub.isReady }
            let loop = MultiThreadedEventLoopGroup.singleton.next()
            let open = try await loop.submit { NIOLoopBound(OpenStream(harness.hub.shard(on: loop)), eventLoop: loop) }
                .get()
            try await harness.test { client in
                let all = try json(try await client.get("/connections"))
                #expect(all["count"] == 1)
                let shown = try #require(all["connections"]?.array?.first)
                #expect(shown["user"] == "42")
                #expect(shown["session"] == "public-1")
                #expect(shown["transport"] == "sse")
                #expect(shown["topics"] == ["user.42"])
                #expect(Cursor(shown["position"]?.string ?? "") != nil)
                #expect(try json(try await client.get("/connections?user=42"))["count"] == 1)
                #expect(try json(try await client.get("/connections?user=43"))["count"] == 0)
                #expect(try json(try await client.get("/connections?slow=1"))["count"] == 0)
            }
            try await loop.submit { open.value.stream.sinkClosed() }.get()
            group.cancelAll()
        }
    }

    /// An event stream of user 42 whose bytes go nowhere. On its loop.
    private final class OpenStream: EventStreamSink {
        private(set) var stream: EventStream!
        let isWritable = true
        let unflushedBytes = 0

        init(_ shard: HubShard) {
            let session = LiveIdentity.SessionRef(key: LiveSessionKey([1]), publicID: "public-1")
            let identity = LiveIdentity(subject: "42", claims: [:], session: session, endsAt: nil)
            let join = JoinRequest(identity: identity, topics: [], since: nil, remoteAddress: "127.0.0.1")
            stream = EventStream(shard: shard, join: join, sink: self)
            stream.start()
        }

        func write(_ bytes: ByteBuffer) {}
        func flush() {}
        func end() {}
    }

    @Test("Without sessions: configured, /sessions is a 404 that says so")
    func noSessions() async throws {
        try await AdminHarness().test { client in
            for method in [HTTPRequest.Method.get, .delete] {
                let answer = try await client.executeRequest(
                    uri: "/sessions?user=42",
                    method: method,
                    headers: AdminHarness.bearer,
                    body: nil
                )
                #expect(answer.status == .notFound)
                #expect(try json(answer)["code"] == "no-sessions")
            }
        }
    }

    @Test(
        "A tail with a bad topic or cursor is refused before it begins",
        arguments: ["topic=a..b", "topic=*", "since=yesterday"]
    )
    func badTail(_ query: String) async throws {
        try await AdminHarness().test { client in
            let answer = try await client.get("/tail?\(query)")
            #expect(answer.status == .badRequest)
            #expect(try json(answer)["code"] == "bad-request")
        }
    }
}

extension TestClientProtocol {
    fileprivate func get(_ path: String) async throws -> TestResponse {
        try await executeRequest(uri: path, method: .get, headers: AdminHarness.bearer, body: nil)
    }

    fileprivate func post(_ path: String, _ body: String) async throws -> TestResponse {
        try await executeRequest(uri: path, method: .post, headers: AdminHarness.bearer, body: ByteBuffer(string: body))
    }

    fileprivate func publish(_ body: String) async throws -> TestResponse { try await post("/publish", body) }
}

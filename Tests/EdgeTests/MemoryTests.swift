// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import Foundation
import Live
import NIOHPACK
import Sessions
import Synchronization
import TestSupport
import Testing
import Upstreams

@testable import Edge

@Suite("What is let go", .timeLimit(.minutes(2)))
struct MemoryTests {
    /// Objects of interest, held by nobody here.
    private final class Watch: Sendable {
        private struct Reference {
            let name: String
            weak var object: AnyObject?
        }

        private let references = Mutex<[Reference]>([])

        func add(_ name: String, _ object: any AnyObject & Sendable) {
            self.references.withLock { $0.append(Reference(name: name, object: object)) }
        }

        /// What is still there.
        var left: [String] { self.references.withLock { $0.filter { $0.object != nil }.map(\.name) } }
    }

    @Test("A stopped edge leaves nothing behind: no snapshot, no session store, no live hub")
    func stop() async throws {
        let upstream = try await FakeUpstream.answering(ProxyTests.hello)
        let watch = Watch()
        let routes = [RouteSettings(prefix: "/api/", upstream: "app", authentication: .required)]
        try await EdgeHarness.run(
            upstream,
            routes: routes,
            store: { store in
                if let store = store as? SQLiteSessionStore { watch.add("store", store) }
                return store
            }
        ) { edge in
            // Every part has been at work, on both protocols, and some clients are still there at the end.
            let cookie = try await edge.login()
            #expect(try await edge.exchange("GET", "/api/", [cookie]).hasSuffix("hello"))
            let idle = try await edge.connect()
            try await idle.send("GET /api/ HTTP/1.1\r\nHost: \(edge.host)\r\n\(cookie)\r\n\r\n")
            await idle.receive(until: "hello")
            let frames = try await FrameClient.connect(port: edge.port)
            let stream = try await frames.open(
                [":method": "GET", ":scheme": "https", ":authority": edge.host, ":path": "/api/"],
                endStream: true
            )
            await stream.wait { $0.ended }
            try await eventually { edge.hub.isReady }
            let live = try await edge.connect()
            try await live.send(
                "GET /live HTTP/1.1\r\nHost: \(edge.host)\r\n\(cookie)\r\nAccept: text/event-stream\r\nSec-Fetch-Site: same-origin\r\n\r\n"
            )
            await live.receive(until: "text/event-stream")
            let current = try #require(edge.listener.current)
            watch.add("snapshot", current.shared)
            for upstream in current.shared.services.upstreams.values { watch.add("upstream", upstream) }
            watch.add("sessions", edge.sessions)
            watch.add("hub", edge.hub)
            watch.add("listener", edge.listener)
            #expect(watch.left.count == 6)
        }
        try await eventually { watch.left.isEmpty }
    }

    @Test(
        "A reload lets the old snapshot go, though connections stay that were served by it, and with it a removed upstream"
    )
    func reload() async throws {
        let upstream = try await FakeUpstream.answering(ProxyTests.hello)
        let watch = Watch()
        try await EdgeHarness.run(upstream) { edge in
            let idle = try await edge.connect()
            let request = "GET /api/ HTTP/1.1\r\nHost: \(edge.host)\r\n\r\n"
            try await idle.send(request)
            await idle.receive(until: "hello")
            let frames = try await FrameClient.connect(port: edge.port)
            try await self.replaceEverything(of: edge, watch)
            try await eventually { watch.left.isEmpty }
            // The connections were not harmed.
            try await idle.send(request)
            #expect(await idle.receive(until: "hello", count: 2).components(separatedBy: "200 OK").count == 3)
            #expect(frames.isOpen)
            await idle.leave(orderly: true)
            await frames.close()
        }
    }

    /// A function of its own, so that its locals are gone when it returns.
    private func replaceEverything(of edge: EdgeHarness, _ watch: Watch) async throws {
        let old = try #require(edge.listener.current).shared
        watch.add("snapshot", old)
        for upstream in old.services.upstreams.values { watch.add("upstream", upstream) }
        #expect(!watch.left.isEmpty)
        try await edge.replaceUpstream()
    }
}

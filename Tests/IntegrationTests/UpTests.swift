// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import AsyncHTTPClient
internal import Foundation
internal import NIOCore
internal import NIOHTTP1
internal import StrictJSON
internal import TestSupport
internal import Testing

/// `gatecast up`: everything in one process, nothing configured, nothing installed.
@Suite("gatecast up", .serialized)
struct UpTests {
    static let arguments = [
        "up", "--listen", "127.0.0.1:0", "--internal", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--log", "json",
    ]

    @Test("Sessions and cursors survive a restart of the process", .timeLimit(.minutes(5)))
    func restart() async throws {
        let folder = try ScratchFolder()
        var process = try ProductProcess("gatecast", Self.arguments, in: folder.path)
        var port = try await process.port(of: "public")
        let ca = "\(folder.path)/certs/ca.pem"
        var browser = Browser(port: port, authority: "localhost:\(port)", caPath: ca)

        let page = try await browser.send("GET", "/", headers: [])
        #expect(page.status == 200)
        #expect(page.body.contains("<title>Gatecast</title>"))
        #expect(page.header("content-security-policy")?.contains("script-src 'self'") == true)

        let registered = try await browser.send(
            "POST",
            "/auth/register",
            json: #"{"username":"cleo","password":"correct horse battery"}"#
        )
        let user = try #require(registered.json?["user"]?["id"]?.string, "\(registered.body)")
        var live = try await LiveFrames.open(browser)
        #expect(try await publish(user, 1, in: folder).code == 0)
        #expect(try await live.nextEvent()["data"]?["n"]?.integer == 1)
        let cursor = live.cursor
        await live.socket.cut()
        #expect(try await publish(user, 2, in: folder).code == 0)
        let kept = browser.cookies
        #expect(await process.end() == 0, "\(process.logText)")

        // Same folder, new process, new port: the cookie still counts, the cursor still resumes.
        process = try ProductProcess("gatecast", Self.arguments, in: folder.path)
        port = try await process.port(of: "public")
        browser = Browser(port: port, authority: "localhost:\(port)", caPath: ca, cookies: kept)
        #expect(try await browser.send("GET", "/auth/session").json?["authenticated"]?.bool == true)
        live = try await LiveFrames.open(browser, since: cursor)
        #expect(try await live.nextEvent()["data"]?["n"]?.integer == 2)
        #expect(try await browser.send("POST", "/api/tasks/", json: #"{"title":"After the restart"}"#).status == 201)
        #expect(try await live.nextEvent()["data"]?["type"]?.string == "task.created")
        #expect(await process.end() == 0, "\(process.logText)")
    }

    @Test("/docs shows the services' own documents, and opens no other door to them", .timeLimit(.minutes(5)))
    func documents() async throws {
        let folder = try ScratchFolder()
        let process = try ProductProcess("gatecast", Self.arguments, in: folder.path)
        let port = try await process.port(of: "public")
        let browser = Browser(port: port, authority: "localhost:\(port)", caPath: "\(folder.path)/certs/ca.pem")
        let page = try await browser.send("GET", "/docs", headers: [])
        #expect(page.status == 200)
        #expect(page.body.contains("src=\"/docs.js\"") && !page.body.contains("http"))
        let examples = [
            ("users", "/api/users/me"), ("tasks", "/api/tasks/{id}"), ("notifications", "/api/notifications/{id}"),
        ]
        for (name, path) in examples {
            let document = try await browser.send("GET", "/docs/\(name)/", headers: [])
            #expect(document.status == 200)
            #expect(document.json?["openapi"]?.string == "3.1.0")
            #expect(document.json?["paths"]?[path] != nil)
            #expect(try await browser.send("GET", "/docs/\(name)/metrics", headers: []).status == 404)
            #expect(try await browser.send("POST", "/docs/\(name)/", json: "{}").status == 405)
        }
        #expect(await process.end() == 0, "\(process.logText)")
    }

    @Test("Server-sent events carry the same frames and ids", .timeLimit(.minutes(5)))
    func eventStream() async throws {
        let folder = try ScratchFolder()
        let process = try ProductProcess("gatecast", Self.arguments, in: folder.path)
        let port = try await process.port(of: "public")
        let browser = Browser(port: port, authority: "localhost:\(port)", caPath: "\(folder.path)/certs/ca.pem")
        let registered = try await browser.send(
            "POST",
            "/auth/register",
            json: #"{"username":"dora","password":"correct horse battery"}"#
        )
        let user = try #require(registered.json?["user"]?["id"]?.string, "\(registered.body)")

        let stream = try await browser.eventStream("/live")
        #expect(stream.status == .ok)
        #expect(stream.headers.first(name: "content-type") == "text/event-stream")
        var text = ""
        for try await chunk in stream.body {
            text += String(buffer: chunk)
            if text.contains(#""op":"hello""#), !text.contains(#""n":7"#) {
                #expect(try await publish(user, 7, in: folder).code == 0)
            }
            if text.contains(#""n":7"#) { break }
        }
        #expect(text.contains(#""topic":"user.\#(user)","data":{"n":7}}"#))
        #expect(text.contains("\nid: ") || text.contains("\nid:"))
        #expect(await process.end() == 0)
    }

    @Test(
        "A taken port is told with the address and the option to change, and everything started before ends",
        .timeLimit(.minutes(5))
    )
    func takenPort() async throws {
        let folder = try ScratchFolder()
        let taken = try await FakeUpstream.start()
        let arguments = [
            "up", "--listen", "127.0.0.1:\(taken.port)", "--internal", "127.0.0.1:0", "--admin", "127.0.0.1:0",
        ]
        let run = try await CommandRun.run("gatecast", arguments, in: folder.path)
        #expect(run.code == 1)
        #expect(run.errors.contains("cannot listen on 127.0.0.1:\(taken.port)"), "\(run.errors)")
        #expect(run.errors.contains("--listen"))
        #expect(run.errors.contains("process \(getpid()) "), "\(run.errors)")
        await taken.stop()
    }

    @Test(
        "With --redis, log and sessions are in Redis and the process still ends clean",
        .enabled(if: RedisProcess.isAvailable)
    )
    func redis() async throws {
        let folder = try ScratchFolder()
        let redis = try await RedisProcess.start()
        let process = try ProductProcess("gatecast", Self.arguments + ["--redis", redis.url], in: folder.path)
        let port = try await process.port(of: "public")
        let browser = Browser(port: port, authority: "localhost:\(port)", caPath: "\(folder.path)/certs/ca.pem")
        let registered = try await browser.send(
            "POST",
            "/auth/register",
            json: #"{"username":"eve","password":"correct horse battery"}"#
        )
        let user = try #require(registered.json?["user"]?["id"]?.string, "\(registered.body)")
        var live = try await LiveFrames.open(browser)
        let added = try await CommandRun.run(
            "/usr/bin/redis-cli",
            ["-p", "\(redis.port)", "XADD", "gatecast:log", "*", "topic", "user.\(user)", "data", #"{"n":3}"#],
            in: folder.path
        )
        #expect(added.code == 0)
        #expect(try await live.nextEvent()["data"]?["n"]?.integer == 3)
        #expect(await process.end() == 0, "\(process.logText)")
        redis.stop()
    }

    private func publish(_ user: String, _ n: Int, in folder: ScratchFolder) async throws -> CommandRun {
        try await CommandRun.run("gatecast", ["publish", "user.\(user)", #"{"n":\#(n)}"#], in: folder.path)
    }
}

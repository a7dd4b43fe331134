// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation
internal import StrictJSON
internal import TestSupport
internal import Testing

/// The product's main job, on the built executables, a real redis-server and TLS with an authority made for the run.
@Suite("The whole house, each part its own process", .serialized, .enabled(if: RedisProcess.isAvailable))
struct JourneyTests {
    @Test("Register, log in, create a task, see it live, lose the network, resume, log out", .timeLimit(.minutes(5)))
    func journey() async throws {
        let stack = try await SeparateStack.start()
        let browser = stack.browser()

        // Register logs in with the same credentials.
        let credentials = #"{"username":"ana","password":"correct horse battery"}"#
        let registered = try await browser.send("POST", "/auth/register", json: credentials)
        #expect(registered.json?["authenticated"]?.bool == true, "\(registered.status) \(registered.body)")
        let login = try await browser.send("POST", "/auth/login", json: credentials)
        #expect(login.status == 200)
        #expect(login.json?["user"]?["username"]?.string == "ana")
        let user = try #require(login.json?["user"]?["id"]?.string)
        let cookie = try #require(browser.cookies["__Host-Http-sid"])
        #expect(cookie.utf8.count == 43)

        // A task through the gateway; its notification arrives on the socket.
        var live = try await LiveFrames.open(browser)
        let created = try await browser.send("POST", "/api/tasks", json: #"{"title":"Water the plants"}"#)
        #expect(created.status == 201, "\(created.body)")
        let tasks = try await browser.send("GET", "/api/tasks/")
        #expect(tasks.status == 200)
        #expect(tasks.body.contains("Water the plants"))
        #expect(tasks.header("live-cursor") != nil)
        let notified = try await live.nextEvent()
        #expect(notified["topic"]?.string == "user.\(user)")
        #expect(notified["data"]?["type"]?.string == "task.created")
        #expect(notified["data"]?["task"]?["title"]?.string == "Water the plants")

        // Ephemeral, straight from Redis: arrives, and has no id.
        try await stack.redisCLI("PUBLISH", "live.user.\(user)", #"{"hello":0}"#)
        let ephemeral = try await live.nextEvent()
        #expect(ephemeral["id"] == nil)
        #expect(ephemeral["data"]?["hello"]?.integer == 0)

        // The network goes; what is published meanwhile by two different tools comes back in order, once.
        await live.socket.cut()
        let published = try await CommandRun.run(
            "gatecast",
            ["publish", "--config", "gatecast.yaml", "user.\(user)", #"{"hello":1}"#],
            environment: stack.adminEnvironment,
            in: stack.folder.path
        )
        #expect(published.code == 0, "\(published.errors)")
        try await stack.redisCLI("XADD", "gatecast:log", "*", "topic", "user.\(user)", "data", #"{"hello":2}"#)
        var resumed = try await LiveFrames.open(browser, since: live.cursor)
        #expect(try await resumed.nextEvent()["data"]?["hello"]?.integer == 1)
        #expect(try await resumed.nextEvent()["data"]?["hello"]?.integer == 2)

        // Logging out closes the socket and ends the session.
        let logout = try await browser.send("POST", "/auth/logout")
        #expect(logout.status == 204)
        #expect(await resumed.closeCode() == 4005)
        #expect(try await browser.send("GET", "/auth/session").json?["authenticated"]?.bool == false)
        #expect(try await browser.send("GET", "/api/tasks/").status == 401)

        // No token ever left the gateway, in any header, body or log line.
        #expect(!browser.transcript.contains("eyJ"))
        let codes = await stack.end()
        #expect(codes.allSatisfy { $0 == 0 }, "\(codes)\n\(stack.logs)")
        #expect(!stack.logs.contains("eyJ"))
        #expect(!stack.logs.contains(cookie))
    }

    @Test("Other users, other sites and strangers get nothing", .timeLimit(.minutes(5)))
    func strangers() async throws {
        let stack = try await SeparateStack.start()
        let browser = stack.browser()
        _ = try await browser.send(
            "POST",
            "/auth/register",
            json: #"{"username":"bea","password":"correct horse battery"}"#
        )

        // No session: the socket is accepted, then closed with a code that a page can read.
        let stranger = stack.browser()
        let closed = LiveFrames(socket: try await stranger.webSocket("/live"), cursor: "")
        #expect(await closed.closeCode() == 4001)
        // Another site's page has the cookie sent along, and is refused before anything happens.
        await #expect(throws: WebSocketClient.Refused(status: 403)) {
            _ = try await browser.webSocket("/live", origin: "https://evil.example")
        }
        let forged = try await browser.send(
            "POST",
            "/api/tasks",
            json: #"{"title":"x"}"#,
            headers: [("sec-fetch-site", "cross-site")]
        )
        #expect(forged.status == 403)
        #expect(forged.json?["code"]?.string == "csrf-refused")
        // Another user's topic.
        let topic = LiveFrames(socket: try await browser.webSocket("/live?topic=user.999999"), cursor: "")
        #expect(await topic.closeCode() == 4003)
        // A wrong password tells nothing about the user.
        let wrong = try await stranger.send(
            "POST",
            "/auth/login",
            json: #"{"username":"bea","password":"wrong password"}"#
        )
        let unknown = try await stranger.send(
            "POST",
            "/auth/login",
            json: #"{"username":"nobody","password":"wrong password"}"#
        )
        #expect(wrong.status == 401)
        #expect(wrong.json?["code"] == unknown.json?["code"])

        _ = await stack.end()
    }
}

// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation
internal import StrictJSON
internal import TestSupport
internal import Testing

/// Redis down at the start and in the middle: clear answers, open sockets, nothing acknowledged lost without a word.
@Suite("Redis goes and comes back", .enabled(if: RedisProcess.isAvailable))
struct RedisOutageTests {
    static let credentials = #"{"username":"ida","password":"correct horse battery"}"#

    @Test("Down at the start, killed in the middle: everything recovers by itself", .timeLimit(.minutes(5)))
    func outage() async throws {
        var options = RedisProcess.Options()
        options.persistent = true
        let redis = try await RedisProcess.start(options)
        redis.stop()
        let stack = try await SeparateStack.start(redis: redis)
        let browser = stack.browser()

        // Down at the start: all of it runs, says why it is not ready, and refuses what it cannot do.
        let unready = try await stack.readyz()
        #expect(unready.status == 503)
        #expect(unready.json?["log"]?.string?.contains("has not been read yet") == true, "\(unready.body)")
        let registered = try await browser.send("POST", "/auth/register", json: Self.credentials)
        #expect(registered.status == 201, "\(registered.status) \(registered.body)")
        #expect(browser.cookies.isEmpty)
        try await expectRefusedLogin(browser)

        try await redis.restart()
        try await eventually(within: .seconds(20)) { try await stack.readyz().status == 200 }
        let login = try await browser.send("POST", "/auth/login", json: Self.credentials)
        let user = try #require(login.json?["user"]?["id"]?.string, "\(login.body)")
        let cookies = browser.cookies
        var live = try await LiveFrames.open(browser)
        #expect(try await stack.publish("user.\(user)", #"{"n":1}"#).status == 200)
        #expect(try await live.nextEvent()["data"]?["n"]?.integer == 1)

        // Killed in the middle. The admin API refuses; a login is 503 and takes no cookie away; a service keeps what it
        // accepted in its outbox.
        redis.stop()
        let refused = try await stack.publish("user.\(user)", #"{"n":2}"#)
        #expect(refused.status == 503)
        #expect(refused.json?["code"]?.string == "log-unavailable")
        #expect(refused.header("retry-after") != nil)
        try await expectRefusedLogin(browser)
        let session = try await browser.send("GET", "/auth/session")
        #expect(session.status == 503)
        #expect(session.json?["code"]?.string == "session-store-unavailable")
        #expect(session.header("set-cookie") == nil)
        #expect(browser.cookies == cookies)
        // Nobody who cannot be judged gets in, and nobody is told that he has no session.
        let doubtful = stack.browser(cookies: ["__Host-Http-sid": String(repeating: "A", count: 43)])
        #expect(try await doubtful.send("GET", "/api/tasks/").status == 503)
        let door = LiveFrames(socket: try await doubtful.webSocket("/live"), cursor: "")
        #expect(await door.closeCode() == 4104)
        let created = try await createTask(stack, "Kept in the outbox")
        #expect(created.status == 201, "\(created.body)")

        // Back with its data, but another server as far as anybody can prove: the open socket is told to fetch again,
        // and what was accepted meanwhile arrives on it, or was there to be fetched by then.
        try await redis.restart()
        let gap = try await nextGap(&live)
        #expect(gap["why"]?.string == "reset")
        #expect(gap["topic"]?.string == "*")
        let cursor = live.cursor
        #expect(try await browser.send("GET", "/auth/session").json?["authenticated"]?.bool == true)
        try await eventually(within: .seconds(20)) {
            try await browser.send("GET", "/api/notifications/").body.contains("Kept in the outbox")
        }
        #expect(try await stack.publish("user.\(user)", #"{"n":3}"#).status == 200)
        var seen = try await live.nextEvent()
        if seen["data"]?["type"]?.string == "task.created" { seen = try await live.nextEvent() }
        #expect(seen["data"]?["n"]?.integer == 3)

        // From the gap on nothing is missing for who resumes there.
        var resumed = try await LiveFrames.open(browser, since: cursor)
        var replayed = try await resumed.nextEvent()
        if replayed["data"]?["type"]?.string == "task.created" { replayed = try await resumed.nextEvent() }
        #expect(replayed["id"]?.string == seen["id"]?.string)

        let codes = await stack.end()
        #expect(codes.allSatisfy { $0 == 0 }, "\(codes)\n\(stack.logs)")
    }

    @Test("A Redis that freezes costs bounded time, and nothing once it thaws", .timeLimit(.minutes(5)))
    func freeze() async throws {
        let stack = try await SeparateStack.start()
        let browser = stack.browser()
        let registered = try await browser.send("POST", "/auth/register", json: Self.credentials)
        let user = try #require(registered.json?["user"]?["id"]?.string, "\(registered.body)")
        var live = try await LiveFrames.open(browser)
        stack.redis.pause()
        async let refusal = stack.publish("user.\(user)", #"{"frozen":true}"#)
        async let login = browser.send("POST", "/auth/login", json: Self.credentials)
        #expect(try await refusal.status == 503)
        #expect(try await login.status == 503)
        stack.redis.resume()
        try await eventually(within: .seconds(20)) {
            try await stack.publish("user.\(user)", #"{"n":1}"#).status == 200
        }
        // What was refused may have been done all the same, once the server thawed; never twice, and in order.
        var event = try await live.nextEvent()
        if event["data"]?["frozen"]?.bool == true { event = try await live.nextEvent() }
        #expect(event["data"]?["n"]?.integer == 1)
        #expect(try await browser.send("GET", "/auth/session").json?["authenticated"]?.bool == true)
        #expect(await stack.end().allSatisfy { $0 == 0 })
    }

    @Test("A log that vanishes is a gap, sessions that vanish are an end", .timeLimit(.minutes(5)))
    func flush() async throws {
        let stack = try await SeparateStack.start()
        let browser = stack.browser()
        let registered = try await browser.send("POST", "/auth/register", json: Self.credentials)
        let user = try #require(registered.json?["user"]?["id"]?.string, "\(registered.body)")
        var live = try await LiveFrames.open(browser)
        #expect(try await stack.publish("user.\(user)", "1").status == 200)
        #expect(try await live.nextEvent()["data"]?.integer == 1)
        let before = live.cursor

        try await stack.redisCLI("DEL", "gatecast:log")
        let gap = try await nextGap(&live)
        #expect(gap["why"]?.string == "reset")
        #expect(gap["from"]?.string == before)
        #expect(try await stack.publish("user.\(user)", "2").status == 200)
        #expect(try await live.nextEvent()["data"]?.integer == 2)

        // A flush takes the sessions too: the socket ends, the same user comes back and is told of the loss.
        try await stack.redisCLI("FLUSHALL")
        #expect(await live.closeCode() == 4005)
        let login = try await browser.send("POST", "/auth/login", json: Self.credentials)
        #expect(login.status == 200)
        var again = try await LiveFrames.open(browser, since: before)
        let told = try await again.next()
        #expect(told["op"]?.string == "gap", "\(told)")
        #expect(try await stack.publish("user.\(user)", "3").status == 200)
        #expect(try await again.nextEvent()["data"]?.integer == 3)
        #expect(await stack.end().allSatisfy { $0 == 0 })
    }

    private func expectRefusedLogin(_ browser: Browser) async throws {
        let login = try await browser.send("POST", "/auth/login", json: Self.credentials)
        #expect(login.status == 503, "\(login.body)")
        #expect(login.json?["code"]?.string == "session-store-unavailable")
        #expect(login.header("retry-after") != nil)
        #expect(login.header("set-cookie") == nil)
    }

    /// Past the gateway, which cannot read its sessions just now, with a token of the users service.
    private func createTask(_ stack: SeparateStack, _ title: String) async throws -> Browser.Answer {
        let tokens = try await PlainHTTP.send("POST", port: stack.usersPort, "/tokens", json: Self.credentials)
        let token = try #require(tokens.json?["access_token"]?.string, "\(tokens.body)")
        return try await PlainHTTP.send(
            "POST",
            port: stack.tasksPort,
            "/api/tasks/",
            json: #"{"title":"\#(title)"}"#,
            bearer: token
        )
    }

    private func nextGap(_ live: inout LiveFrames) async throws -> JSONValue {
        while true {
            let frame = try await live.next()
            if frame["op"]?.string == "gap" { return frame }
            guard frame["op"]?.string == "ping" else { throw LiveFrames.Unexpected(frame: "\(frame)") }
        }
    }
}

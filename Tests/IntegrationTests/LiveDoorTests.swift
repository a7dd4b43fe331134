// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import AsyncHTTPClient
internal import Foundation
internal import NIOCore
internal import NIOPosix
internal import Redis
internal import StrictJSON
internal import TestSupport
internal import Testing

/// Hostile publishers, hostile and slow clients, and a second node: each gets what it deserves, and nobody else notices.
@Suite("The live door under attack", .serialized, .enabled(if: RedisProcess.isAvailable))
struct LiveDoorTests {
    static let credentials = #"{"username":"joe","password":"correct horse battery"}"#

    @Test(
        "Two gateways on one Redis: resume on the other, and a logout reaches it within a second",
        .timeLimit(.minutes(5))
    )
    func twoNodes() async throws {
        let stack = try await SeparateStack.start()
        let browser = stack.browser()
        let user = try await register(browser)
        let another = try await stack.anotherGateway()
        let elsewhere = stack.browser(port: another.publicPort, cookies: browser.cookies)

        var live = try await LiveFrames.open(browser)
        #expect(try await stack.publish("user.\(user)", "1").status == 200)
        #expect(try await live.nextEvent()["data"]?.integer == 1)
        await live.socket.cut()
        #expect(try await stack.publish("user.\(user)", "2").status == 200)

        // The other node knows the session and the cursor.
        #expect(try await elsewhere.send("GET", "/auth/session").json?["authenticated"]?.bool == true)
        var resumed = try await LiveFrames.open(elsewhere, since: live.cursor)
        #expect(try await resumed.nextEvent()["data"]?.integer == 2)
        #expect(try await stack.publish("user.\(user)", "3").status == 200)
        #expect(try await resumed.nextEvent()["data"]?.integer == 3)

        // A second login of the same user is another session, and stays.
        let bystander = stack.browser(port: another.publicPort)
        #expect(try await bystander.send("POST", "/auth/login", json: Self.credentials).status == 200)
        var staying = try await LiveFrames.open(bystander)
        let clock = ContinuousClock()
        let start = clock.now
        #expect(try await browser.send("POST", "/auth/logout").status == 204)
        #expect(await resumed.closeCode() == 4005)
        #expect(clock.now - start < .seconds(1))
        #expect(try await stack.publish("user.\(user)", "4").status == 200)
        #expect(try await staying.nextEvent()["data"]?.integer == 4)
        #expect(try await elsewhere.send("GET", "/api/tasks/").status == 401)

        // The admin API of one node ends sockets of the other; the session itself goes on.
        let disconnected = try await PlainHTTP.send(
            "POST",
            port: stack.adminPort,
            "/disconnect",
            json: #"{"user":"\#(user)"}"#,
            bearer: ConfigurationFile.adminToken
        )
        #expect(disconnected.status == 202)
        #expect(await staying.closeCode() == 4005)

        // A logout that the other node may not hear, since its subscription is cut at that moment: it asks by itself.
        let deaf = try await LiveFrames.open(bystander)
        try await stack.redisCLI("CLIENT", "KILL", "TYPE", "pubsub")
        let unheard = clock.now
        let here = stack.browser(cookies: bystander.cookies)
        #expect(try await here.send("POST", "/auth/logout").status == 204)
        #expect(await deaf.closeCode() == 4005)
        #expect(clock.now - unheard < .seconds(8))

        #expect(await another.process.end() == 0)
        #expect(await stack.end().allSatisfy { $0 == 0 })
    }

    @Test("What a publisher writes past our API harms nobody", .timeLimit(.minutes(5)))
    func hostileEntries() async throws {
        let stack = try await SeparateStack.start()
        let browser = stack.browser()
        let topic = "user.\(try await register(browser))"
        var live = try await LiveFrames.open(browser)

        // No JSON, forged members, two values, broken UTF-8, too much: told to those of the topic, as a gap with an id.
        let redis = try await connect(stack)
        let bad: [RedisArgument] = [
            "no json", #"1,"topic":"user.1""#, #"{"a":1} {"b":2}"#, .bytes([0x22, 0xFF, 0x22]), "",
            .bytes([0x22] + Array(repeating: 0x61, count: 70_000) + [0x22]),
            .string(String(repeating: "[", count: 65) + String(repeating: "]", count: 65)),
        ]
        for data in bad {
            let id = try await redis.send(["XADD", "gatecast:log", "*", "topic", .string(topic), "data", data]).string
            let gap = try await live.next()
            #expect(gap["op"]?.string == "gap")
            #expect(gap["why"]?.string == "unreadable")
            #expect(gap["topic"]?.string == topic)
            #expect(gap["id"]?.string == id)
        }
        // Without data it is as unreadable; without a topic, or with one nobody may use, it is nobody's.
        _ = try await redis.send(["XADD", "gatecast:log", "*", "topic", .string(topic)])
        #expect(try await live.next()["why"]?.string == "unreadable")
        var names = [
            "", ".", "user..1", "user.*", "*", "../../etc", "user.1\r\ndata: x", "$mark", "$close", "$",
            String(repeating: "a", count: 201), "a.b.c.d.e.f.g.h.i",
        ].map { Array($0.utf8) }
        names.append([0xFF, 0xFE])
        for name in names {
            _ = try await redis.send(["XADD", "gatecast:log", "*", "topic", .bytes(name), "data", "1"])
            _ = try await redis.send(["PUBLISH", .bytes(Array("live.".utf8) + name), "1"])
        }
        _ = try await redis.send(["XADD", "gatecast:log", "*", "foo", "bar"])
        _ = try await redis.send(["PUBLISH", .string("live.\(topic)"), "no json"])
        // The admin API says what is wrong with the same.
        #expect(try await stack.publish("user.*", "1").status == 400)
        #expect(try await stack.publish("$close", "{}").status == 400)
        #expect(try await stack.publish(topic, "no json").status == 400)
        let big = #""\#(String(repeating: "a", count: 70_000))""#
        #expect(try await stack.publish(topic, big).status == 413)

        // A line break that JSON permits reaches a stream of server-sent events as part of the same event.
        _ = try await redis.send(["XADD", "gatecast:log", "*", "topic", .string(topic), "data", "{\"a\":\r\n\n1}"])
        let event = try await live.nextEvent()
        #expect(event["data"]?["a"]?.integer == 1)
        let stream = try await browser.eventStream("/live?since=\(live.cursor)")
        _ = try await redis.send(["XADD", "gatecast:log", "*", "topic", .string(topic), "data", "{\"a\":\r\n\n2}"])
        var text = ""
        for try await chunk in stream.body {
            text += String(buffer: chunk)
            if text.contains("2}") { break }
        }
        #expect(text.contains("{\"a\":   2}}\n\n"), "\(text)")
        #expect(try await stack.readyz().status == 200)
        redis.close()
        #expect(await stack.end().allSatisfy { $0 == 0 })
    }

    @Test("Rubbish on a socket ends that socket with its code, a slow one is fed later", .timeLimit(.minutes(5)))
    func hostileClients() async throws {
        let stack = try await SeparateStack.start()
        let browser = stack.browser()
        let topic = "user.\(try await register(browser))"
        var bystander = try await LiveFrames.open(browser)

        let rubbish: [(name: String, bytes: [UInt8], code: UInt16)] = [
            ("unmasked", RawSocket.frame(1, Array("{}".utf8), isMasked: false), 1002),
            ("reserved opcode", RawSocket.frame(3, []), 1002),
            ("long ping", RawSocket.frame(9, Array(repeating: 0, count: 126)), 1002),
            ("bad UTF-8", RawSocket.frame(1, [0x22, 0xC3, 0x28, 0x22]), 1007),
            ("binary", RawSocket.frame(2, [1, 2, 3]), 1003),
            ("oversize", RawSocket.frame(1, Array(repeating: 0x20, count: 5000)), 4009),
            ("an exabyte announced", RawSocket.frame(1, [], length: 1 << 60), 4009),
            ("no JSON", RawSocket.frame(1, Array("hello".utf8)), 4000),
            ("unknown op", RawSocket.frame(1, Array(#"{"op":"publish","topic":"a","data":1}"#.utf8)), 4000),
            ("sub without topic", RawSocket.frame(1, Array(#"{"op":"sub","ref":1}"#.utf8)), 4000),
            ("deep JSON", RawSocket.frame(1, Array(repeating: 0x5B, count: 4000)), 4000),
            ("too many at once", (0..<60).flatMap { _ in RawSocket.frame(1, Array(#"{"op":"pong"}"#.utf8)) }, 4102),
        ]
        for (number, case_) in rubbish.enumerated() {
            let socket = try await RawSocket.open(browser)
            try await socket.send(case_.bytes)
            #expect(await socket.closeCode() == case_.code, "\(case_.name)")
            await socket.cut()
            #expect(try await stack.publish(topic, "\(number)").status == 200)
            #expect(try await bystander.nextEvent()["data"]?.integer == Int64(number), "after \(case_.name)")
        }
        // A topic nobody can name is an answer, not an end.
        let asking = try await RawSocket.open(browser)
        for name in ["a..b", "$mark", "*", "user.*", "user.999"] {
            try await asking.send(RawSocket.frame(1, Array(#"{"op":"sub","ref":1,"topic":"\#(name)"}"#.utf8)))
            let answer = await asking.next()
            #expect(answer?.text.contains(#""op":"err""#) == true, "\(name): \(answer?.text ?? "-")")
        }
        // Half a frame, then silence, then nothing: nobody waits for the rest.
        try await asking.send([0x81])
        await asking.cut()

        // One that does not read: 16 MB later the other has everything, and the slow one gets it too, in order.
        let slow = try await RawSocket.open(browser)
        try await slow.stopReading()
        let redis = try await connect(stack)
        let filling = String(repeating: "x", count: 64_000)
        let count = 256
        for n in 0..<count {
            _ = try await redis.send(
                [
                    "XADD", "gatecast:log", "*", "topic", .string(topic), "data",
                    .string(#"{"n":\#(n),"f":"\#(filling)"}"#),
                ]
            )
            #expect(try await bystander.nextEvent()["data"]?["n"]?.integer == Int64(n))
        }
        let connections = try await PlainHTTP.send(
            "GET",
            port: stack.adminPort,
            "/connections?slow=1",
            bearer: ConfigurationFile.adminToken
        )
        #expect(connections.body.contains(topic), "\(connections.body)")
        try await slow.startReading()
        for n in 0..<count {
            let frame = try #require(await slow.next())
            guard frame.opcode == 1 else { continue }
            #expect(frame.text.contains("{\"n\":\(n),"), "\(frame.text.prefix(120))")
        }
        redis.close()
        #expect(await stack.end().allSatisfy { $0 == 0 })
    }

    private func register(_ browser: Browser) async throws -> String {
        let registered = try await browser.send("POST", "/auth/register", json: Self.credentials)
        return try #require(registered.json?["user"]?["id"]?.string, "\(registered.status) \(registered.body)")
    }

    private func connect(_ stack: SeparateStack) async throws -> RedisConnection {
        try await RedisConnection.connect(
            settings: stack.redis.settings,
            on: MultiThreadedEventLoopGroup.singleton.next()
        )
    }
}

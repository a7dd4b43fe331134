// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation
internal import StrictJSON
internal import TestSupport
internal import Testing

/// What an operator does to a running gateway from another terminal.
@Suite("Admin commands", .serialized)
struct AdminCommandTests {
    @Test("top shows who is connected, broadcast reaches them, disconnect ends them", .timeLimit(.minutes(5)))
    func commands() async throws {
        let folder = try ScratchFolder()
        let process = try ProductProcess("gatecast", UpTests.arguments, in: folder.path)
        let port = try await process.port(of: "public")
        let browser = Browser(port: port, authority: "localhost:\(port)", caPath: "\(folder.path)/certs/ca.pem")
        let registered = try await browser.send(
            "POST",
            "/auth/register",
            json: #"{"username":"vera","password":"correct horse battery"}"#
        )
        let user = try #require(registered.json?["user"]?["id"]?.string, "\(registered.body)")
        var live = try await LiveFrames.open(browser)
        func run(_ arguments: String...) async throws -> CommandRun {
            try await CommandRun.run("gatecast", arguments, in: folder.path)
        }

        let top = try await run("top", "--once")
        #expect(top.code == 0, "\(top.errors)")
        #expect(top.output.hasPrefix("ready  connections 1 (websocket 1, sse 0, poll 0)"), "\(top.output)")
        #expect(top.output.contains("websocket  live"), "\(top.output)")

        #expect(try await run("broadcast", "system.notice", #"{"in": 10}"#).code == 0)
        let notice = try await live.nextEvent()
        #expect(notice["topic"] == "system.notice")
        #expect(notice["id"] == nil)
        #expect(try await run("broadcast", "system.notice", "2", "--to", "org.*").code == 0)
        #expect(try await run("broadcast", "system.notice", "3", "--to", "user.*").code == 0)
        #expect(try await live.nextEvent()["data"] == 3)
        let wrong = try await run("broadcast", "$close", "1")
        #expect(wrong.code == 1)
        #expect(wrong.errors.contains("(status 400)"), "\(wrong.errors)")
        #expect(try await run("broadcast", "a", "{").code == 64)

        #expect(try await run("disconnect", "--user", user, "--reconnect").code == 0)
        #expect(await live.closeCode() == 4201)
        live = try await LiveFrames.open(browser)
        #expect(try await run("disconnect", "--user", user).code == 0)
        #expect(await live.closeCode() == 4005)
        #expect(try await run("disconnect").code == 64)
        try await eventually {
            try await run("top", "--once").output.hasPrefix("ready  connections 0 ")
        }
        #expect(await process.end() == 0, "\(process.logText)")
        let late = try await run("top", "--once")
        #expect(late.code == 1)
    }
}

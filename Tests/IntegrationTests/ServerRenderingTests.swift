// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation
internal import StrictJSON
internal import TestSupport
internal import Testing

/// A plain Node process that renders pages, behind the gateway, asking it who the visitor is (docs/server-rendering.md).
@Suite(
    "Server-side rendering",
    .enabled(if: PageServer.isAvailable && RedisProcess.isAvailable),
    .timeLimit(.minutes(5))
)
struct ServerRenderingTests {
    @Test("The page that is documented is the file that runs, and fits on a screen")
    func documented() throws {
        let page = try String(contentsOfFile: "\(PageServer.root)/docs/server-rendering.md", encoding: .utf8)
        let code = try String(contentsOfFile: "\(PageServer.root)/web-proxy/lib/server/session.js", encoding: .utf8)
        #expect(page.contains("```js\n\(code)```"))
        #expect(code.split(separator: "\n", omittingEmptySubsequences: false).count <= 32)
    }

    @Test("Who is signed in is fresh on every render: login, logout elsewhere, another user, doubt")
    func fresh() async throws {
        let backend = try await StrictAuthorizationServer.start(firstLife: 600)
        let webPort = try FreePort.find()
        let fleet = try await GatewayFleet.start(2, backend: backend.port, web: webPort)
        let pages = try await PageServer(
            port: webPort,
            gateway: fleet.nodes[0].internalPort,
            api: "/api/echo"
        )
        let visitor = fleet.browser()
        let document = [("sec-fetch-site", "none"), ("sec-fetch-dest", "document")]
        let before = try await visitor.send("GET", "/", headers: document)
        #expect(before.status == 307)
        #expect(before.header("location") == "\(visitor.origin)/login?next=%2F")
        #expect(try await visitor.send("GET", "/login").body.contains("action=\"/auth/login\""))

        // The page's own form, as a browser without JavaScript sends it.
        let login = try await visitor.send(
            "POST",
            "/auth/login",
            form: "username=ana&password=pw&next=%2F",
            headers: [("sec-fetch-site", "same-origin"), ("sec-fetch-mode", "navigate")]
        )
        #expect(login.status == 303)
        #expect(login.header("location") == "/")
        let page = try await visitor.send("GET", "/")
        #expect(page.body.contains("Signed in as <b>ana</b>"))
        #expect(page.body.contains("200 {&quot;ok&quot;:true}"), "\(page.body)")
        #expect(page.header("set-cookie") == nil)

        // Somebody else on another node ends the session: the very next page knows.
        let elsewhere = fleet.browser(1, cookies: visitor.cookies)
        #expect(try await elsewhere.send("POST", "/auth/logout").status == 204)
        let after = try await visitor.send("GET", "/")
        #expect(after.body.contains("action=\"/auth/login\""))
        #expect(!after.body.contains("ana"))

        // Another user in the same browser.
        _ = try await visitor.send("POST", "/auth/login", json: #"{"username":"bob","password":"pw"}"#)
        #expect(try await visitor.send("GET", "/").body.contains("Signed in as <b>bob</b>"))
        // A cookie somebody made up is nobody's.
        let until = "\(Int(Date().timeIntervalSince1970) + 600)"
        let forged = fleet.browser(
            0,
            cookies: ["__Host-Http-sid": String(repeating: "A", count: 43), "__Host-session-until": until]
        )
        #expect(try await forged.send("GET", "/").body.contains("action=\"/auth/login\""))

        // The store is away: no page says signed out, and the cookie stays.
        fleet.redis.stop()
        try await eventually(within: .seconds(20)) {
            let answer = try await visitor.send("GET", "/")
            #expect(!answer.body.contains("action=\"/auth/login\""))
            #expect(answer.header("set-cookie") == nil)
            return answer.status == 503
        }
        #expect(await pages.end() == 0)
        await fleet.end()
        await backend.stop()
    }

    @Test("Twenty pages at once at expiry are one refresh, and every one of them knows the visitor")
    func expiry() async throws {
        let backend = try await StrictAuthorizationServer.start(firstLife: 5)
        let webPort = try FreePort.find()
        let fleet = try await GatewayFleet.start(2, backend: backend.port, web: webPort)
        let pages = try await PageServer(port: webPort, gateway: fleet.nodes[1].internalPort, api: "/api/echo")
        let cookies = try await fleet.login().cookies
        #expect(cookies["__Host-Http-sid"] != nil)
        try await eventually(within: .seconds(30)) { Date() > backend.accessEnd }
        try await withThrowingTaskGroup(of: Browser.Answer.self) { group in
            for _ in 0..<20 {
                group.addTask { try await fleet.browser(0, cookies: cookies).send("GET", "/") }
            }
            for try await answer in group {
                #expect(answer.body.contains("Signed in as <b>ana</b>"))
                #expect(answer.body.contains("200 {"))
                #expect(answer.header("set-cookie") == nil)
            }
        }
        #expect(backend.refreshes == 1)
        #expect(await pages.end() == 0)
        await fleet.end()
        await backend.stop()
    }
}

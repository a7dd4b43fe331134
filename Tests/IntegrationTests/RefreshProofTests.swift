// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import AsyncHTTPClient
internal import Foundation
internal import NIOCore
internal import NIOHTTP1
internal import NIOSSL
internal import StrictJSON
internal import Synchronization
internal import TestSupport
internal import Testing

/// login.md §11, no. 1 and 4: refresh over several gateway processes, and a node that dies in the middle of one.
@Suite("Refresh over several nodes", .serialized, .enabled(if: RedisProcess.isAvailable), .timeLimit(.minutes(5)))
struct RefreshProofTests {
    @Test("200 requests over three gateways at the moment of expiry: 1 refresh, no 401, no Set-Cookie")
    func storm() async throws {
        let backend = try await StrictAuthorizationServer.start(firstLife: 5)
        let fleet = try await GatewayFleet.start(3, backend: backend.port)
        let sid = try #require(try await fleet.login().cookies["__Host-Http-sid"])
        // Nobody asks for anything meanwhile, so nothing is refreshed ahead of time: the worst moment.
        try await eventually(within: .seconds(30)) { Date() > backend.accessEnd }
        #expect(backend.refreshes == 0)

        let callers = try fleet.callers(sid: sid)
        let results = try await withThrowingTaskGroup(of: Caller.Result.self) { group in
            for index in 0..<200 {
                group.addTask { try await callers[index % callers.count].get("/api/echo") }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(results.count == 200)
        #expect(results.filter { $0.status == 401 }.isEmpty)
        #expect(results.reduce(0) { $0 + $1.setCookies } == 0)
        #expect(results.allSatisfy { $0.status == 200 }, "\(results.map(\.status))\n\(fleet.logs)")
        #expect(backend.refreshes == 1)
        #expect(backend.refused == 0)
        #expect(backend.stale == 0)
        #expect(backend.served == 200)
        #expect(callers.count == 6, "pages' requests and servers' alike")
        for caller in callers { try await caller.close() }
        await fleet.end()
        await backend.stop()
    }

    @Test("A node killed between the strict server's answer and the store's write costs one session one clean 401")
    func killedStrict() async throws {
        let backend = try await StrictAuthorizationServer.start(firstLife: 5, holdsRefreshes: true)
        let fleet = try await GatewayFleet.start(2, backend: backend.port)
        let browser = try await fleet.login()
        let cookies = browser.cookies
        let bystander = try await fleet.login(name: "bob")
        try await eventually(within: .seconds(30)) { Date() > backend.accessEnd }
        try await kill(fleet, 0, browser, while: { backend.answers.arrivals >= 1 })
        backend.answers.open()

        // While the dead node's lease lasts it is doubt, then it is certain, once, with both cookies cleared.
        let survivor = fleet.browser(1, cookies: cookies)
        let answers = try await answersUntilCertain(survivor)
        #expect(answers.dropLast().allSatisfy { $0.status == 503 && $0.header("set-cookie") == nil })
        #expect(answers.dropLast().allSatisfy { $0.header("retry-after") == "1" })
        let last = try #require(answers.last)
        #expect(last.status == 401)
        // On a busy machine the refusal may come when the request that asked has given up with its 503: the next one finds it ended.
        #expect(["session-expired", "session-ended"].contains(last.json?["code"]?.string))
        #expect(survivor.cookies["__Host-Http-sid"] == nil)
        #expect(backend.refreshes == 2)
        #expect(backend.refused == 1)

        // Never a loop: the same dead cookie again asks nobody.
        for _ in 0..<5 {
            let stale = fleet.browser(1, cookies: cookies)
            #expect(try await stale.send("GET", "/api/echo").json?["code"] == "session-ended")
        }
        #expect(backend.refreshes == 2)
        // Nobody else's session is touched.
        let bob = fleet.browser(1, cookies: bystander.cookies)
        #expect(try await bob.send("GET", "/api/echo").status == 200)
        #expect(backend.refused == 1)
        await fleet.end()
        await backend.stop()
    }

    @Test("A node killed between our users service's answer and the store's write: the session survives")
    func killedOwn() async throws {
        let folder = try ScratchFolder()
        let users = try ProductProcess(
            "users-service",
            environment: [
                "LISTEN": "127.0.0.1:0", "DATA": "\(folder.path)/users", "ISSUER": "https://localhost:8443",
                "AUDIENCE": "gatecast",
            ],
            in: folder.path
        )
        let usersPort = try await users.port(of: "users")
        // Between the two: what holds the answer back, and an API that makes the gateway want a refresh.
        let answers = Gate()
        let between = try await AnsweringServer.start { request in
            if request.path == "/api/refuse" { return .init(401, "{}") }
            if request.path == "/api/echo" { return .init(200, "{}") }
            let answer = await Self.forward(request, to: usersPort)
            if request.path == "/tokens/refresh" { await answers.pass() }
            return answer
        }
        let fleet = try await GatewayFleet.start(2, backend: between.port)
        let browser = fleet.browser()
        let registered = try await browser.send(
            "POST",
            "/auth/register",
            json: #"{"username":"ana","password":"correct horse battery"}"#
        )
        #expect(registered.json?["authenticated"]?.bool == true, "\(registered.body)")
        // The upstream's 401 passes, and marks the token for a refresh, which is spent when the node dies.
        #expect(try await browser.send("GET", "/api/refuse").status == 401)
        try await eventually(within: .seconds(30)) { answers.arrivals == 1 }
        await fleet.nodes[0].process.end(SIGKILL)
        answers.open()

        let survivor = fleet.browser(1, cookies: browser.cookies)
        #expect(try await survivor.send("GET", "/api/echo").status == 200)
        #expect(try await survivor.send("GET", "/api/refuse").status == 401)
        // The same refresh token once more, after the dead node's lease: the same successor.
        try await eventually(within: .seconds(60)) { answers.arrivals >= 2 }
        try await eventually(within: .seconds(30)) {
            try await PlainHTTP.send("GET", port: fleet.nodes[1].adminPort, "/metrics").body
                .contains(#"gatecast_session_refreshes_total{outcome="replaced"} 1"#)
        }
        #expect(try await survivor.send("GET", "/api/echo").status == 200)
        #expect(try await survivor.send("GET", "/auth/session").json?["authenticated"] == true)
        #expect(survivor.cookies["__Host-Http-sid"] == browser.cookies["__Host-Http-sid"])
        await fleet.end()
        await between.stop()
        #expect(await users.end() == 0)
    }

    @Test("A logout on one node closes the sockets on every node")
    func sockets() async throws {
        let backend = try await StrictAuthorizationServer.start(firstLife: 600)
        let fleet = try await GatewayFleet.start(3, backend: backend.port)
        let browser = try await fleet.login()
        let other = try await fleet.login()
        var sockets: [WebSocketClient] = []
        for node in fleet.nodes.indices {
            for _ in 0..<10 {
                sockets.append(try await LiveFrames.open(fleet.browser(node, cookies: browser.cookies)).socket)
            }
        }
        var kept = try await LiveFrames.open(fleet.browser(2, cookies: other.cookies))
        let begin = ContinuousClock.now
        #expect(try await browser.send("POST", "/auth/logout").status == 204)
        let delays = await withTaskGroup(of: (UInt16?, Duration).self) { group in
            for socket in sockets {
                group.addTask {
                    (await LiveFrames(socket: socket, cursor: "").closeCode(), ContinuousClock.now - begin)
                }
            }
            return await group.reduce(into: [Duration]()) { delays, result in
                #expect(result.0 == 4005)
                delays.append(result.1)
            }
        }
        #expect(delays.count == 30)
        if ProcessInfo.processInfo.environment["GATECAST_FIGURES"] != nil {
            print(
                "logout to close, 30 sockets over 3 nodes: median \(delays.sorted()[15]), slowest \(delays.max() ?? .zero)"
            )
        }
        // The user's other session stays, sockets and all.
        #expect(try await fleet.browser(2, cookies: other.cookies).send("GET", "/api/echo").status == 200)
        _ = try await PlainHTTP.send(
            "POST",
            port: fleet.nodes[0].adminPort,
            "/publish",
            json: #"{"topic":"user.id-ana","data":{"n":1}}"#,
            bearer: ConfigurationFile.adminToken
        )
        #expect(try await kept.nextEvent()["data"]?["n"]?.integer == 1)
        await kept.socket.cut()
        await fleet.end()
        await backend.stop()
    }

    @Test("The search for tokens sees what a backend would leak through a gateway")
    func leak() async throws {
        let backend = try await StrictAuthorizationServer.start(firstLife: 600)
        let fleet = try await GatewayFleet.start(1, backend: backend.port)
        let browser = try await fleet.login()
        await withKnownIssue { _ = try await browser.send("GET", "/api/leak") }
        await fleet.end()
        await backend.stop()
    }

    /// A request that the node will not live to answer.
    private func kill(
        _ fleet: GatewayFleet,
        _ node: Int,
        _ browser: Browser,
        while isSpent: () -> Bool
    ) async throws {
        let caller = try Caller(fleet, node, isInternal: false, sid: browser.cookies["__Host-Http-sid"] ?? "")
        let doomed = Task { try await caller.get("/api/echo") }
        try await eventually(within: .seconds(30)) { isSpent() }
        await fleet.nodes[node].process.end(SIGKILL)
        _ = await doomed.result
        try await caller.close()
    }

    private func answersUntilCertain(_ browser: Browser) async throws -> [Browser.Answer] {
        var answers: [Browser.Answer] = []
        try await eventually(within: .seconds(60)) {
            answers.append(try await browser.send("GET", "/api/echo"))
            return answers.last?.status != 503
        }
        return answers
    }

    private static func forward(_ request: AnsweringServer.Request, to port: Int) async -> AnsweringServer.Answer? {
        var outgoing = HTTPClientRequest(url: "http://127.0.0.1:\(port)\(request.path)")
        outgoing.method = .RAW(value: request.method)
        outgoing.headers = ["content-type": request.header("content-type") ?? "application/json"]
        outgoing.body = .bytes(request.body)
        do {
            let answer = try await HTTPClient.shared.execute(outgoing, timeout: .seconds(20))
            let body = try await answer.body.collect(upTo: 1 << 16)
            return .init(Int(answer.status.code), String(buffer: body))
        } catch {
            return nil
        }
    }
}

/// A client that sends one session's cookie to one listener of one node, any number of times at once.
final class Caller: Sendable {
    struct Result: Sendable {
        var status: Int
        var setCookies: Int
    }

    private let client: HTTPClient
    private let base: String
    private let headers: HTTPHeaders

    init(_ fleet: GatewayFleet, _ node: Int, isInternal: Bool, sid: String) throws {
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.trustRoots = .file(fleet.caPath)
        client = HTTPClient(configuration: .init(tlsConfiguration: tls))
        let node = fleet.nodes[node]
        base = isInternal ? "http://127.0.0.1:\(node.internalPort)" : "https://localhost:\(node.publicPort)"
        headers =
            isInternal
            ? ["cookie": "__Host-Http-sid=\(sid)"]
            : ["host": GatewayFleet.authority, "cookie": "__Host-Http-sid=\(sid)", "sec-fetch-site": "same-origin"]
    }

    /// Does what `Retry-After` says, as a page would.
    func get(_ path: String) async throws -> Result {
        var setCookies = 0
        while true {
            var request = HTTPClientRequest(url: base + path)
            request.headers = headers
            let response = try await client.execute(request, timeout: .seconds(60))
            let body = String(buffer: try await response.body.collect(upTo: 1 << 16))
            TokenSearch.check(response.headers.map { ($0.name, $0.value) }, body: body, of: path)
            setCookies += response.headers["set-cookie"].count
            guard response.status == .serviceUnavailable, response.headers.contains(name: "retry-after") else {
                return Result(status: Int(response.status.code), setCookies: setCookies)
            }
            try await Task.sleep(for: .seconds(1))
        }
    }

    func close() async throws { try await client.shutdown() }
}

extension GatewayFleet {
    /// One for the public and one for the internal listener of every node.
    func callers(sid: String) throws -> [Caller] {
        try nodes.indices.flatMap { node in
            [try Caller(self, node, isInternal: false, sid: sid), try Caller(self, node, isInternal: true, sid: sid)]
        }
    }
}

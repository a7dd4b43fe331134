// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation
internal import HTTPTypes
internal import Hummingbird
internal import HummingbirdTesting
internal import Logging
internal import NIOCore
import ServiceKit
internal import Settings
internal import Store
internal import StrictJSON
import Testing
internal import Tokens

@Suite("The manners all services share")
struct ServiceKitHTTPTests {
    /// One service with a route of each kind.
    private static func application(
        _ harness: ServiceHarness,
        authority: TokenAuthority? = nil,
        readiness: [ReadinessCheck] = []
    ) -> ServiceApplication {
        let router = Router.service()
        router.get("/open") { _, _ in Response.json(["open": true]) }
        router.post("/open") { request, _ in
            var body = try await JSONBody.read(request, limit: 64)
            let name = body.string("name", 1...10)
            try body.finish()
            return Response.json(["name": .string(name)])
        }
        router.get("/broken") { _, _ -> Response in throw CocoaError(.fileNoSuchFile) }
        router.get("/locked") { _, _ -> Response in throw StoreError(.locked, path: "/secret/place", detail: "busy") }
        let authentication = BearerAuthentication(authority: authority ?? harness.authority)
        router.authenticated(by: authentication).get("/mine") { _, context in
            Response.json(["subject": .string(context.subject)])
        }
        return ServiceApplication(
            name: "test",
            listen: ListenAddress(host: "127.0.0.1", port: 0),
            router: router,
            readiness: readiness,
            metrics: { "up 1\n" },
            logger: harness.logger
        )
    }

    struct Case: Sendable, CustomTestStringConvertible {
        let method: HTTPRequest.Method
        let path: String
        var headers: HTTPFields = [:]
        var body: String?
        let status: Int
        let code: String
        var testDescription: String { "\(self.method) \(self.path) → \(self.status) \(self.code)" }
    }

    private static let json: HTTPFields = [.contentType: "application/json; charset=utf-8"]

    @Test(
        "Every refusal is problem+json with a stable code",
        arguments: [
            Case(method: .get, path: "/nowhere", status: 404, code: "not-found"),
            Case(method: .put, path: "/open", status: 405, code: "method-not-allowed"),
            Case(method: .delete, path: "/mine", status: 405, code: "method-not-allowed"),
            Case(method: .init("BREW")!, path: "/open", status: 501, code: "not-implemented"),
            Case(method: .post, path: "/open", body: "{}", status: 415, code: "unsupported-media-type"),
            Case(
                method: .post,
                path: "/open",
                headers: [.contentType: "text/plain"],
                body: "{}",
                status: 415,
                code: "unsupported-media-type"
            ),
            Case(method: .post, path: "/open", headers: json, body: "{", status: 400, code: "malformed-json"),
            Case(method: .post, path: "/open", headers: json, body: "{}", status: 422, code: "invalid-body"),
            Case(
                method: .post,
                path: "/open",
                headers: json,
                body: #"{"name":"\#(String(repeating: "a", count: 60))"}"#,
                status: 413,
                code: "body-too-large"
            ),
            Case(method: .get, path: "/broken", status: 500, code: "internal-error"),
            Case(method: .get, path: "/locked", status: 503, code: "store-unavailable"),
            Case(method: .get, path: "/mine", status: 401, code: "token-missing"),
            Case(
                method: .get,
                path: "/mine",
                headers: [.authorization: "Basic YTpi"],
                status: 401,
                code: "token-missing"
            ),
            Case(
                method: .get,
                path: "/mine",
                headers: [.authorization: "Bearer a.b.c"],
                status: 401,
                code: "invalid-token"
            ),
        ]
    )
    func refusals(_ refusal: Case) async throws {
        let harness = try ServiceHarness()
        try await Self.application(harness).application.test(.router) { client in
            let answer = try await client.call(refusal.method, refusal.path, refusal.headers, refusal.body)
            #expect(answer.status.code == refusal.status)
            #expect(answer.code == refusal.code)
            #expect(answer.headers[.contentType] == "application/problem+json")
            #expect(answer.body["status"]?.integer == Int64(refusal.status))
            #expect(answer.body["request_id"]?.string == answer.headers[RequestIdentifier.field])
            #expect(!"\(answer.body)".contains("/secret/place"))
            #expect((answer.headers[.wwwAuthenticate] != nil) == (refusal.status == 401))
            #expect((answer.headers[.allow] != nil) == (refusal.status == 405))
        }
    }

    @Test("405 names what is allowed, HEAD included where GET is")
    func allowed() async throws {
        let harness = try ServiceHarness()
        try await Self.application(harness).application.test(.router) { client in
            let answer = try await client.call(.delete, "/open")
            #expect(answer.headers[.allow] == "GET, HEAD, POST")
            let head = try await client.execute(uri: "/open", method: .head)
            #expect(head.status == .ok)
            #expect(head.body.readableBytes == 0)
        }
    }

    @Test("A body at the limit is read, one byte more is not")
    func bodyLimit() async throws {
        let harness = try ServiceHarness()
        try await Self.application(harness).application.test(.router) { client in
            let (json, body) = (Self.json, #"{"name":"a"}"#)
            let atLimit = body + String(repeating: " ", count: 64 - body.utf8.count)
            let fits = try await client.call(.post, "/open", json, atLimit)
            #expect(fits.status == .ok)
            let exceeds = try await client.call(.post, "/open", json, atLimit + " ")
            #expect(exceeds.status == .contentTooLarge)
        }
    }

    @Test("The gateway's request id is kept when well-formed, replaced when not")
    func requestID() async throws {
        let harness = try ServiceHarness()
        let field = RequestIdentifier.field
        try await Self.application(harness).application.test(.router) { client in
            let longest = String(repeating: "a", count: 64)
            for id in ["7f3a-1", longest] {
                #expect(try await client.call(.get, "/open", [field: id]).headers[field] == id)
            }
            for id in ["", "a b", "a\"b", longest + "a", "é"] {
                let answered = try #require(try await client.call(.get, "/open", [field: id]).headers[field])
                #expect(answered != id)
                #expect(answered.utf8.count == 16)
            }
        }
    }

    @Test("A real token passes and names its subject; another audience, an old one, a repeated field do not")
    func bearer() async throws {
        let harness = try ServiceHarness()
        try await Self.application(harness).application.test(.router) { client in
            let good = try harness.token("user 42")
            let passed = try await client.call(.get, "/mine", [.authorization: "Bearer \(good)"])
            #expect(passed.body == ["subject": "user 42"])
            #expect(try await client.call(.get, "/mine", [.authorization: "bearer \(good)"]).status == .ok)
            let others = try [harness.token("a", audience: "other"), harness.token("a", age: 3600)]
            for token in others {
                let answer = try await client.call(.get, "/mine", [.authorization: "Bearer \(token)"])
                #expect(answer.code == "invalid-token")
                #expect(answer.body["detail"] == nil)
                #expect(answer.headers[.wwwAuthenticate] == #"Bearer realm="gatecast", error="invalid_token""#)
            }
            var twice: HTTPFields = [.authorization: "Bearer \(good)"]
            twice.append(HTTPField(name: .authorization, value: "Bearer \(good)"))
            #expect(try await client.call(.get, "/mine", twice).status == .badRequest)
            #expect(try await client.call(.get, "/mine?access_token=\(good)").code == "token-missing")
        }
    }

    @Test("While the issuer's keys cannot be fetched the answer is 503, never 401")
    func keysUnavailable() async throws {
        let harness = try ServiceHarness()
        let authority = TokenAuthority(
            profiles: [
                IssuerProfile(
                    iss: ServiceHarness.issuer,
                    audience: [ServiceHarness.audience],
                    source: .jwks("http://127.0.0.1:1/jwks.json")
                )
            ],
            source: NoKeySetSource(),
            logger: harness.logger
        )
        try await Self.application(harness, authority: authority).application.test(.router) { client in
            let answer = try await client.call(.get, "/mine", try harness.headers("ana"))
            #expect(answer.status == .serviceUnavailable)
            #expect(answer.code == "keys-unavailable")
            #expect(answer.headers[.retryAfter] != nil)
        }
    }

    @Test("Probes tell whether the service lives, is ready, and what it counts")
    func probes() async throws {
        let harness = try ServiceHarness()
        let failing = ReadinessCheck("database") { "locked" }
        try await Self.application(harness, readiness: [failing]).application.test(.router) { client in
            #expect(try await client.call(.get, "/livez").status == .ok)
            let answer = try await client.call(.get, "/readyz")
            #expect(answer.status == .serviceUnavailable)
            #expect(answer.body["failing"] == ["database": "locked"])
            #expect(String(buffer: try await client.execute(uri: "/metrics", method: .get).body) == "up 1\n")
        }
    }
}

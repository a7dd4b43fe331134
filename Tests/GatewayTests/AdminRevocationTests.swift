// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import NIOCore
import Sessions
import Settings
import StrictJSON
import Testing
import Tokens

@testable import Gateway

@Suite("POST /revocations")
struct AdminRevocationTests {
    private static let secret = Secret("0123456789abcdef0123456789abcdef")

    private func token(_ user: String) throws -> String {
        try TokenIssuer(issuer: "https://issuer.test", audience: ["gatecast"], secret: Self.secret)
            .issue(subject: user, lifetime: .seconds(600), now: Int64(Date().timeIntervalSince1970))
    }

    /// A router whose node has read its empty list.
    private func test(
        _ body: @escaping @Sendable (any TestClientProtocol, TokenAuthority) async throws -> Void
    ) async throws {
        let profile = IssuerProfile(iss: "https://issuer.test", audience: ["gatecast"], source: .secret(Self.secret))
        let tokens = TokenAuthority(profiles: [profile], source: NoKeys(), logger: AdminHarness.logger)
        let path = FileManager.default.temporaryDirectory.path + "/gatecast-\(UUID().uuidString)/r.sqlite"
        let revoked = RevokedTokens(
            store: try SQLiteRevokedTokenStore(path: path),
            tokens: tokens,
            logger: AdminHarness.logger
        )
        tokens.replaceRevocations(with: RevocationList())
        var server = try AdminHarness().server()
        server.revokedTokens = revoked
        try await Application(router: server.router(), logger: AdminHarness.logger)
            .test(.router) { try await body($0, tokens) }
    }

    private func post(_ client: any TestClientProtocol, _ body: String) async throws -> TestResponse {
        try await client.executeRequest(
            uri: "/revocations",
            method: .post,
            headers: AdminHarness.bearer,
            body: ByteBuffer(string: body)
        )
    }

    @Test("A user's tokens are refused from now on, one token by its jti")
    func revoke() async throws {
        let (anas, bobs) = (try token("ana"), try token("bob"))
        try await test { client, tokens in
            let now = Int64(Date().timeIntervalSince1970)
            let user = try await post(client, #"{"user":"ana"}"#)
            #expect(user.status == .ok)
            #expect(throws: TokenError(.revoked)) { try tokens.verifyNow(anas, now: now) }
            let id = try #require(try tokens.verifyNow(bobs, now: now).id)
            #expect(try await post(client, #"{"jti":"\#(id)","issuer":"https://issuer.test"}"#).status == .ok)
            #expect(throws: TokenError(.revoked)) { try tokens.verifyNow(bobs, now: now) }
        }
    }

    @Test(
        "A request that names neither, both or something unknown is told what to write",
        arguments: [
            "", "[]", "{}", #"{"user":""}"#, #"{"user":42}"#, #"{"jti":"a","user":"b"}"#, #"{"jti":"a","user":1}"#,
            #"{"user":"a","until":5}"#, #"{"jti":"a","until":"x"}"#, #"{"jti":"a","issuer":""}"#, #"{"jti":"a","x":1}"#,
        ]
    )
    func malformed(_ body: String) async throws {
        try await test { client, _ in
            let answer = try await post(client, body)
            #expect(answer.status == .badRequest)
            #expect(try JSONScanner.parse(Array(answer.body.readableBytesView))["code"] == "bad-request")
        }
    }

    @Test("Without issuers: configured it is a 404 that says so; without the admin token nothing happens")
    func refused() async throws {
        try await AdminHarness().test { client in
            #expect(try await post(client, #"{"user":"a"}"#).status == .notFound)
            let answer = try await client.executeRequest(
                uri: "/revocations",
                method: .post,
                headers: [:],
                body: ByteBuffer(string: #"{"user":"a"}"#)
            )
            #expect(answer.status == .unauthorized)
        }
    }
}

private struct NoKeys: KeySetSource {
    func fetch(_ url: String) async throws(KeySetFetchError) -> FetchedKeySet {
        throw KeySetFetchError(.unreachable, url)
    }
}

// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import AsyncHTTPClient
package import Foundation
package import Logging
package import NIOCore
internal import NIOHTTP1
internal import NIOPosix
package import Sessions
package import Settings
package import StrictJSON
package import Tokens

/// Logs people in at an upstream, the way its `LoginPreset` says (login.md §3).
///
/// A call takes at most 5 s, over a connection of its own: calls are rare, and a lost answer is then never the fault of a
/// stale connection. Answers are at most 64 KiB of strict JSON; redirects are not followed; no `Set-Cookie` is relayed.
/// The upstream sees the public `Host`, `X-Forwarded-Proto: https`, and the client of a login in `X-Forwarded-For`.
package struct UpstreamIdentityProvider: IdentityProvider {
    package static let timeout: Duration = .seconds(5)
    package static let connectTimeout: Duration = .seconds(2)
    package static let maximumBytes = 64 * 1024

    private let preset: LoginPreset
    private let addresses: @Sendable () -> [ListenAddress]
    private let publicHost: @Sendable () -> String
    private let tokens: TokenAuthority?
    private let group: any EventLoopGroup
    private let timeout: Duration
    private let now: @Sendable () -> Date
    private let logger: Logger

    /// - Parameters:
    ///   - addresses: the upstream's present endpoints; tried in order while a connection is refused.
    ///   - publicHost: authority of the public origin, port included: `localhost:8443`.
    ///   - tokens: verifies tokens of configured issuers; others are trusted by the channel they came over.
    package init(
        preset: LoginPreset,
        addresses: @escaping @Sendable () -> [ListenAddress],
        publicHost: @escaping @Sendable () -> String,
        tokens: TokenAuthority?,
        group: any EventLoopGroup,
        timeout: Duration = Self.timeout,
        now: @escaping @Sendable () -> Date = { Date() },
        logger: Logger
    ) {
        self.preset = preset
        self.addresses = addresses
        self.publicHost = publicHost
        self.tokens = tokens
        self.group = group
        self.timeout = timeout
        self.now = now
        self.logger = logger
    }

    /// - Parameter origin: the public origin, `https://localhost:8443`.
    package init(
        settings: SessionSettings,
        addresses: [ListenAddress],
        origin: String,
        tokens: TokenAuthority? = nil,
        group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton,
        logger: Logger
    ) {
        self.init(
            preset: settings.preset,
            addresses: { addresses },
            publicHost: { String(origin.trimmingPrefix("https://")) },
            tokens: tokens,
            group: group,
            logger: logger
        )
    }

    package func login(_ fields: JSONValue, from client: ClientHint = ClientHint()) async throws(IdentityError)
        -> IssuedTokens
    {
        let answer = try await post(BackendCall(path: preset.paths.login, body: fields, client: client.address))
        try LoginAnswer(preset).judgeLogin(answer)
        return try await issued(answer)
    }

    package func refresh(_ token: String) async throws(IdentityError) -> IssuedTokens {
        let answer = try await post(BackendCall(path: preset.paths.refresh, body: body(refreshToken: token)))
        try LoginAnswer(preset).judgeRefresh(answer)
        return try await issued(answer)
    }

    package func revoke(_ token: String) async throws(IdentityError) {
        guard let path = preset.paths.revoke else { throw .notOffered }
        // dj-rest-auth under JWT_AUTH_HTTPONLY looks for the token to blacklist in its cookie alone.
        let cookie = preset.refreshCookie.map { "\($0)=\(token)" }
        let answer = try await post(BackendCall(path: path, body: body(refreshToken: token), cookie: cookie))
        try LoginAnswer(preset).judgeRevocation(answer)
    }

    package func register(_ fields: JSONValue, from client: ClientHint = ClientHint()) async throws(IdentityError) {
        guard let path = preset.paths.register else { throw .notOffered }
        let answer = try await post(BackendCall(path: path, body: registration(fields), client: client.address))
        try LoginAnswer(preset).judgeRegistration(answer)
    }

    /// The form's one password under the names the backend wants it by, so that the login that follows can use it too.
    private func registration(_ fields: JSONValue) -> JSONValue {
        guard let password = fields["password"], let members = fields.members else { return fields }
        let missing = preset.registrationPasswords.filter { fields[$0] == nil }
        return .object(members + missing.map { .init(name: $0, value: password) })
    }

    private func body(refreshToken: String) -> JSONValue {
        .object([.init(name: preset.members.refresh, value: .string(refreshToken))])
    }

    /// Reads the tokens, then checks the signature where the issuer is one of ours.
    private func issued(_ answer: BackendAnswer) async throws(IdentityError) -> IssuedTokens {
        let now = now()
        let issued = try LoginAnswer(preset).tokens(answer, now: now)
        guard let tokens else { return issued }
        do throws(TokenError) {
            _ = try await tokens.verify(issued.accessToken, now: Int64(now.timeIntervalSince1970))
        } catch {
            switch error.reason {
            case .issuerMissing, .issuerUnknown:
                logger.trace("login token trusted by channel", metadata: ["reason": "\(error)"])
            case .keysUnavailable:
                throw .unavailable("the keys of the token's issuer cannot be fetched")
            case .revocationsUnavailable, .revoked:
                // Every other rule holds. The backend issued it this moment: who is let in again is the backend's to say.
                break
            default:
                throw .unreadable("the access token does not verify: \(error)")
            }
        }
        return issued
    }

    // MARK: Transport

    private func post(_ call: BackendCall) async throws(IdentityError) -> BackendAnswer {
        var configuration = HTTPClient.Configuration()
        configuration.redirectConfiguration = .disallow
        configuration.decompression = .disabled
        configuration.timeout.connect = TimeAmount(Self.connectTimeout)
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.maximumUsesPerConnection = 1
        let client = HTTPClient(eventLoopGroupProvider: .shared(group), configuration: configuration)
        let outcome = await race(client, call)
        do {
            try await client.shutdown()
        } catch {
            // Whatever is left of the connection is closed already; the outcome stands.
            logger.debug("closing a login connection failed", metadata: ["reason": "\(error)"])
        }
        return try outcome.get()
    }

    /// AsyncHTTPClient's deadline ends with the response head; a body that dribbles must end too.
    private func race(_ client: HTTPClient, _ call: BackendCall) async -> Result<BackendAnswer, IdentityError> {
        await withTaskGroup(of: Result<BackendAnswer, IdentityError>.self) { [timeout] group in
            group.addTask { await self.exchange(client, call) }
            group.addTask {
                do {
                    try await Task.sleep(for: timeout)
                } catch {
                    // Cancelled because the answer came first; nobody reads this result then.
                }
                return .failure(.noAnswer("no complete answer within \(timeout)"))
            }
            defer { group.cancelAll() }
            return await group.next() ?? .failure(.noAnswer("cancelled"))
        }
    }

    private func exchange(_ client: HTTPClient, _ call: BackendCall) async -> Result<BackendAnswer, IdentityError> {
        var failure = IdentityError.noAnswer("the upstream has no address")
        for address in addresses() {
            do {
                return .success(try await send(client, address, call))
            } catch is NIOTooManyBytesError {
                return .failure(.unreadable("more than \(Self.maximumBytes) bytes"))
            } catch {
                failure = .noAnswer("\(address): \(error)")
                // Nothing was sent on a connection that never was: the next address may be asked, not otherwise.
                guard Self.wasNotConnected(error) else { break }
            }
        }
        return .failure(failure)
    }

    private func send(
        _ client: HTTPClient,
        _ address: ListenAddress,
        _ call: BackendCall
    ) async throws -> BackendAnswer {
        var request = HTTPClientRequest(url: "http://\(address)\(call.path)")
        request.method = .POST
        request.headers = [
            "host": publicHost(), "x-forwarded-proto": "https", "x-forwarded-host": publicHost(),
            "content-type": "application/json", "accept": "application/json",
        ]
        if let cookie = call.cookie { request.headers.add(name: "cookie", value: cookie) }
        if let client = call.client { request.headers.add(name: "x-forwarded-for", value: client) }
        request.body = .bytes(ByteBuffer(bytes: call.body))
        let response = try await client.execute(request, deadline: .now() + TimeAmount(timeout))
        let bytes = try await response.body.collect(upTo: Self.maximumBytes)
        return BackendAnswer(
            status: Int(response.status.code),
            body: Array(bytes.readableBytesView),
            cookies: response.headers["set-cookie"],
            retryAfter: response.headers.first(name: "retry-after")
        )
    }

    private static func wasNotConnected(_ error: any Error) -> Bool {
        if let error = error as? HTTPClientError { return error == .connectTimeout }
        return error is NIOConnectionError || (error as? IOError)?.errnoCode == ECONNREFUSED
    }
}

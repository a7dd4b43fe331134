// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation
internal import Settings
internal import StrictJSON
internal import Synchronization
internal import TestSupport
internal import Tokens

/// A login back end that forbids reuse: a refresh token works once, and a second try ends the whole family, as OAuth's
/// security advice has it (RFC 9700 §4.14.2). Beside it an API that takes the newest access token alone.
final class StrictAuthorizationServer: Sendable {
    /// One login and its successors.
    private struct Family {
        var user: String
        var refreshToken: String
        var accessToken: String
        var accessEnd: Date
    }

    private struct State {
        var families: [Int: Family] = [:]
        /// Every refresh token ever issued, to its family.
        var refreshTokens: [String: Int] = [:]
        var logins = 0
        var refreshes = 0
        var refused = 0
        var served = 0
        var stale = 0
    }

    private static let secret = Secret("the signing secret of a test's own back end")

    private let state = Mutex(State())
    private let server = Mutex<AnsweringServer?>(nil)
    /// Answers to refreshes wait here: the old token is spent by then.
    let answers: Gate
    /// Seconds the token of a login lives; those of refreshes live an hour.
    private let firstLife: Int64

    static func start(firstLife: Int64, holdsRefreshes: Bool = false) async throws -> StrictAuthorizationServer {
        let server = StrictAuthorizationServer(firstLife: firstLife, answers: Gate(isOpen: !holdsRefreshes))
        let listening = try await AnsweringServer.start { await server.answer($0) }
        server.server.withLock { $0 = listening }
        return server
    }

    private init(firstLife: Int64, answers: Gate) {
        self.firstLife = firstLife
        self.answers = answers
    }

    func stop() async { await server.withLock { $0 }?.stop() }

    var port: Int { server.withLock { $0?.port ?? 0 } }
    /// Calls of the refresh path, refused ones too.
    var refreshes: Int { state.withLock { $0.refreshes } }
    var refused: Int { state.withLock { $0.refused } }
    /// API requests with a family's newest token, and with any other.
    var served: Int { state.withLock { $0.served } }
    var stale: Int { state.withLock { $0.stale } }
    /// When the last access token ends.
    var accessEnd: Date { state.withLock { $0.families.values.map(\.accessEnd).max() ?? .distantPast } }

    private func answer(_ request: AnsweringServer.Request) async -> AnsweringServer.Answer? {
        switch (request.method, request.path) {
        case ("POST", "/tokens"):
            return .init(200, login((try? JSONScanner.parse(request.body))?["username"]?.string ?? ""))
        case ("POST", "/tokens/refresh"):
            let offered = (try? JSONScanner.parse(request.body))?["refresh_token"]?.string
            let answer = refresh(offered)
            await answers.pass()
            return answer
        case ("POST", "/tokens/revoke"):
            return .init(204)
        case ("GET", "/api/echo"):
            return api(request.bearer)
        case ("GET", "/api/leak"):
            return .init(200, #"{"token":"\#(request.bearer ?? "")"}"#)
        case ("GET", "/api/refuse"):
            return .init(401, "{}")
        default:
            return .init(404, "{}")
        }
    }

    private func login(_ user: String) -> String {
        let (tokens, text) = issue(user, life: firstLife)
        state.withLock { state in
            state.logins += 1
            state.families[state.logins] = tokens
            state.refreshTokens[tokens.refreshToken] = state.logins
        }
        return text
    }

    private func refresh(_ offered: String?) -> AnsweringServer.Answer {
        state.withLock { state in
            state.refreshes += 1
            guard let offered, let id = state.refreshTokens[offered], let family = state.families[id],
                family.refreshToken == offered
            else {
                state.refused += 1
                if let id = offered.flatMap({ state.refreshTokens[$0] }) { state.families[id] = nil }
                return .init(400, #"{"error":"invalid_grant"}"#)
            }
            let (tokens, text) = issue(family.user, life: 3600)
            state.families[id] = tokens
            state.refreshTokens[tokens.refreshToken] = id
            return .init(200, text)
        }
    }

    private func api(_ token: String?) -> AnsweringServer.Answer {
        let isGood = state.withLock { state in
            let isGood = state.families.values.contains { $0.accessToken == token && Date() < $0.accessEnd }
            if isGood { state.served += 1 } else { state.stale += 1 }
            return isGood
        }
        return isGood ? .init(200, #"{"ok":true}"#) : .init(401, "{}")
    }

    /// - Parameter life: of the access token, in seconds.
    private func issue(_ user: String, life: Int64) -> (Family, String) {
        let now = Int64(Date().timeIntervalSince1970)
        let issuer = TokenIssuer(issuer: "https://backend.test", audience: ["app"], secret: Self.secret)
        let access: String
        do {
            access = try issuer.issue(subject: "id-\(user)", lifetime: .seconds(life), now: now)
        } catch { fatalError("a token of plain strings can be signed: \(error)") }
        let refresh = "refresh-\(UUID().uuidString)-of-the-strict-server"
        TokenSearch.remember([access, refresh])
        let end = Date(timeIntervalSince1970: TimeInterval(now + life))
        let family = Family(user: user, refreshToken: refresh, accessToken: access, accessEnd: end)
        return (family, #"{"access_token":"\#(access)","refresh_token":"\#(refresh)","expires_in":\#(life)}"#)
    }
}

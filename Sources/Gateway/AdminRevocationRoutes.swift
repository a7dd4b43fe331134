// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import EventLog
internal import Hummingbird
internal import Sessions
internal import StrictJSON
internal import Tokens

/// `POST /revocations`: bearer tokens that are refused from now on, on every node. Cookie sessions end by
/// `DELETE /sessions`; a ban is both.
struct AdminRevocationRoutes {
    var tokens: RevokedTokens?
    var events: AdminEvents

    static let maxBody = 4 << 10

    func add(to group: RouterGroup<BasicRequestContext>) {
        group.post("revocations") { request, _ in try await revoke(request) }
    }

    private func revoke(_ request: Request) async throws -> Response {
        guard let tokens else { throw Self.problem(.noIssuers) }
        let body: [UInt8]
        do { body = Array(try await request.body.collect(upTo: Self.maxBody).readableBytesView) } catch {
            throw AdminProblem.tooLarge("The body is longer than \(Self.maxBody) bytes.")
        }
        let entry: RevocationList.Entry
        let parsed = try RevocationRequest(body: body)
        do throws(RevokedTokens.Failure) {
            entry =
                switch parsed.target {
                case .token(let id, let until):
                    try await tokens.revoke(tokenID: id, issuer: parsed.issuer, until: until)
                case .user(let user):
                    try await tokens.revoke(user: user, issuer: parsed.issuer)
                }
        } catch {
            throw Self.problem(error)
        }
        switch parsed.target {
        case .user(let user): try await closeSockets(.user(user))
        case .token(let id, _): try await closeSockets(.token(id: id))
        }
        return AdminServer.json(.object([.init(name: "refused_until", value: .integer(entry.until))]))
    }

    /// Sockets were admitted by a token that is no more. They may come back: with a cookie session at once, else with a new token.
    private func closeSockets(_ target: DisconnectRequest.Target) async throws {
        let event = DisconnectRequest(target: target, reconnect: true).event
        do { _ = try await events.log.append([event]) } catch { throw AdminEvents.problem(error) }
    }

    private static func problem(_ error: RevokedTokens.Failure) -> AdminProblem {
        switch error {
        case .storeUnavailable:
            .unavailable("session-store-unavailable", "The store is away: nothing was revoked. Try again.")
        case .noIssuers:
            AdminProblem(.notFound, "no-issuers", "This gateway has no issuers: configured, so no bearer passes.")
        case .full:
            .unavailable(
                "revocations-full",
                "No more revocations are kept until older ones end. Revoke by user, or replace the issuer's keys."
            )
        }
    }
}

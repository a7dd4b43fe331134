// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import StrictJSON

/// The body of `POST /revocations`: `{jti, until?}` or `{user}`, and `issuer?` to mean one issuer's only.
struct RevocationRequest: Sendable, Equatable {
    enum Target: Sendable, Equatable {
        /// `until`: unix seconds, the token's `exp` where it is known.
        case token(String, until: Int64?)
        case user(String)
    }

    var target: Target
    var issuer: String?

    init(body: [UInt8]) throws(AdminProblem) {
        let value: JSONValue
        do { value = try JSONScanner.parse(body) } catch {
            throw .badRequest("The body is {\"jti\":\"…\"} or {\"user\":\"42\"}: \(error).")
        }
        guard let members = value.members else {
            throw .badRequest("The body is {\"jti\":\"…\"} or {\"user\":\"42\"}.")
        }
        for member in members where !["jti", "until", "user", "issuer"].contains(member.name) {
            throw .badRequest("Unknown member \"\(member.name)\". Known: jti, until, user, issuer.")
        }
        if let given = value["issuer"] {
            guard let issuer = given.string, (1...1_024).contains(issuer.utf8.count) else {
                throw .badRequest("\"issuer\" is the iss of one issuer, as a string.")
            }
            self.issuer = issuer
        }
        let names = 1...1_024
        switch (value["jti"]?.string, value["user"]?.string) {
        case (let id?, nil) where names.contains(id.utf8.count) && value["user"] == nil:
            target = .token(id, until: try Self.until(value["until"]))
        case (nil, let user?) where names.contains(user.utf8.count) && value["jti"] == nil:
            guard value["until"] == nil else {
                throw .badRequest(
                    "\"until\" belongs to a jti; a user's tokens are refused for as long as any can live."
                )
            }
            target = .user(user)
        default:
            throw .badRequest("Name either \"jti\" or \"user\", as a string of 1 to 1024 bytes.")
        }
    }

    private static func until(_ value: JSONValue?) throws(AdminProblem) -> Int64? {
        guard let value else { return nil }
        guard let seconds = value.integer, seconds > 0 else {
            throw .badRequest("\"until\" is the token's exp, in unix seconds.")
        }
        return seconds
    }
}

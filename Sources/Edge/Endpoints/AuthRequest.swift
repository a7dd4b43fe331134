// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation
internal import HTTPMessages
internal import NIOCore
internal import Sessions
internal import StrictJSON

/// A request to `/auth` with its body, as the endpoints read it off the loop.
struct AuthRequest: Sendable {
    let endpoint: AuthEndpoint
    let method: HTTPMessages.Method
    let sid: SessionID?
    let client: ClientAddress
    let userAgent: String?
    let kind: AuthBodyKind
    let body: [UInt8]
    /// The request's query; only a form's `next` is read from it.
    let query: [UInt8]
    let pages: AuthPages

    var hint: ClientHint { ClientHint(userAgent: self.userAgent, address: self.client.text) }

    /// The body as one object: strict JSON, or the fields of a form without its `next`.
    func fields() throws(Refusal) -> JSONValue {
        switch self.kind {
        case .json:
            return try self.document()
        case .form:
            do throws(FormBody.Malformed) {
                return .object(try FormBody.fields(self.body).filter { $0.name != "next" })
            } catch {
                throw Refusal(.badMessage, "The form is not well-formed.", reason: error.reason)
            }
        }
    }

    private func document() throws(Refusal) -> JSONValue {
        do {
            let value = try JSONScanner.parse(self.body)
            if case .object = value { return value }
        } catch {
            throw Refusal(.badMessage, "The body is not valid JSON.", reason: "\(error)")
        }
        throw Refusal(.badMessage, "The body must be a JSON object.")
    }

    /// Runs the endpoint. Cold: off the loops, may wait for the backend.
    func answer(sessions: SessionAuthority, limits: AuthLimits) async throws -> Answer {
        guard self.kind == .form else { return try await self.run(sessions: sessions, limits: limits) }
        let reply = FormReply(loginPage: self.pages.login, registerPage: self.pages.register, next: self.next)
        do {
            return reply.reply(to: try await self.run(sessions: sessions, limits: limits), from: self.endpoint)
        } catch {
            let refusal = Rescue.refusal(for: error)
            guard let answer = reply.reply(to: refusal, from: self.endpoint) else { throw refusal }
            return answer
        }
    }

    /// A form names where it wants to go in a field, or in the address it is sent to; unsafe ones count as unnamed.
    private var next: String? {
        for source in [self.body, self.query] {
            // A form that cannot be read is refused where its fields are; here it only names nothing.
            let fields = try? FormBody.fields(source)
            guard let value = fields?.first(where: { $0.name == "next" })?.value.string else { continue }
            return NextPath.isSafe(value) ? value : nil
        }
        return nil
    }

    private func run(sessions: SessionAuthority, limits: AuthLimits) async throws -> Answer {
        if !self.endpoint.isEntrance, let sid = self.sid {
            try await limits.admit(session: SessionKey(sid).bytes, now: .now())
        }
        return switch self.endpoint {
        case .login: try await LoginEndpoint(sessions: sessions, limits: limits).answer(self)
        case .register: try await RegisterEndpoint(sessions: sessions, limits: limits).answer(self)
        case .logout: try await LogoutEndpoint(sessions: sessions).answer(self, everywhere: false)
        case .logoutAll: try await LogoutEndpoint(sessions: sessions).answer(self, everywhere: true)
        case .session: try await SessionEndpoint(sessions: sessions).answer(self)
        case .sessions: try await SessionListEndpoint(sessions: sessions).answer(self)
        case .sessionItem(let id): try await SessionListEndpoint(sessions: sessions).end(id, self)
        }
    }
}

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
    let body: [UInt8]

    var hint: ClientHint { ClientHint(userAgent: self.userAgent, address: self.client.text) }

    /// The body as one strict JSON object.
    func fields() throws(Refusal) -> JSONValue {
        do {
            let value = try JSONScanner.parse(self.body)
            if case .object = value { return value }
        } catch {
            throw Refusal(.badMessage, "The body is not valid JSON.", reason: "\(error)")
        }
        throw Refusal(.badMessage, "The body must be a JSON object.")
    }

    /// Runs the endpoint. Cold: off the loops, may wait for the backend.
    func answer(sessions: SessionAuthority, limits: LoginLimits) async throws -> Answer {
        switch self.endpoint {
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

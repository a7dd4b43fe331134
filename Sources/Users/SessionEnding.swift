// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import HTTPTypes
internal import Hummingbird

/// Tells the gateway, in the answer to the request that made it necessary, to end sessions of a user: it ends them with their
/// sockets on every node, and shows nobody the field (docs/life-of-a-login.md).
struct SessionEnding: Sendable, Equatable {
    private let value: String

    /// All but the one that asked.
    static func others(of user: User) -> SessionEnding { SessionEnding(value: "\(user.subject); keep=current") }

    static func all(of user: User) -> SessionEnding { SessionEnding(value: user.subject) }

    func on(_ response: Response) -> Response {
        var response = response
        response.headers[.endSessions] = self.value
        return response
    }
}

extension HTTPField.Name {
    static let endSessions = HTTPField.Name("gatecast-end-sessions")!
}

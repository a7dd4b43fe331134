// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import StrictJSON
package import Wire

/// The body of `POST /disconnect`: `{user}` or `{session: <public id>}`, and `reconnect?`.
///
/// It travels as `$close` on the log, so that every node acts; it ends sockets, not the session.
package struct DisconnectRequest: Sendable, Equatable {
    package enum Target: Sendable, Equatable {
        case user(String)
        case session(publicID: String)
        /// Of a revoked bearer token, by its `jti`; no body asks for it.
        case token(id: String)
    }

    package var target: Target
    /// Whether the client may come back at once (4201) or must stay away (4005).
    package var reconnect: Bool

    package init(target: Target, reconnect: Bool) {
        self.target = target
        self.reconnect = reconnect
    }

    package init(body: [UInt8]) throws(AdminProblem) {
        let value: JSONValue
        let members: [(name: String, value: Range<Int>)]
        do {
            members = try JSONScanner.members(ofObject: body, limits: .init())
            value = try JSONScanner.parse(body, limits: .init())
        } catch {
            throw .badRequest("The body is {\"user\":\"42\"} or {\"session\":\"…\"}: \(error).")
        }
        for member in members where !["user", "session", "reconnect"].contains(member.name) {
            throw .badRequest("Unknown member \"\(member.name)\". Known: user, session, reconnect.")
        }
        switch (value["user"]?.string, value["session"]?.string) {
        case (let user?, nil) where !user.isEmpty: target = .user(user)
        case (nil, let session?) where !session.isEmpty: target = .session(publicID: session)
        default: throw .badRequest("Name either \"user\" or \"session\", as a string.")
        }
        if let given = value["reconnect"] {
            guard let flag = given.bool else { throw .badRequest("\"reconnect\" is true or false.") }
            reconnect = flag
        } else {
            reconnect = false
        }
    }

    /// The reserved log entry that every node's `LogReader` carries out.
    package var event: NewEvent {
        let code = JSONValue.integer(Int64((reconnect ? CloseCode.sessionRenewed : .sessionEnded).rawValue))
        let target: JSONValue.Member =
            switch target {
            case .user(let user): .init(name: "user", value: .string(user))
            case .session(let id): .init(name: "session", value: .string(id))
            case .token(let id): .init(name: "token", value: .string(id))
            }
        let data = JSONValue.object([target, .init(name: "code", value: code)])
        return NewEvent(topic: Topic(reserved: "$close"), data: data.encoded(), key: nil)
    }
}

// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation
internal import Sessions
internal import StrictJSON

/// The body of `GET /auth/session`, login and register. Times are unix seconds.
enum SessionDocument {
    static let none = Array("{\"authenticated\":false}".utf8)

    static func of(_ session: ActiveSession) -> [UInt8] {
        var user: [JSONValue.Member] = [.init(name: "id", value: .string(session.subject))]
        if case .object(let members) = session.profile {
            user += members.filter { $0.name != "id" }
        }
        return JSONValue.object([
            .init(name: "authenticated", value: .bool(true)),
            .init(name: "user", value: .object(user)),
            .init(name: "expires_at", value: .integer(Self.seconds(session.absoluteEnd))),
            .init(name: "idle_expires_at", value: .integer(Self.seconds(session.idleEnd))),
        ]).encoded()
    }

    static func seconds(_ date: Date) -> Int64 { Int64(date.timeIntervalSince1970) }
}

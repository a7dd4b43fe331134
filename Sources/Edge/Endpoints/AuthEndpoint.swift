// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import HTTPMessages

/// What is served under `/auth` (login.md §2), by path.
enum AuthEndpoint: Sendable, Equatable {
    case login
    case register
    case logout
    case logoutAll
    case session
    case sessions
    /// One of this user's sessions, by its public id.
    case sessionItem(id: String)

    /// `path` without `/auth`, escapes as sent: ours need none.
    init?(path: ArraySlice<UInt8>) {
        switch String(decoding: path, as: UTF8.self) {
        case "/login": self = .login
        case "/register": self = .register
        case "/logout": self = .logout
        case "/logout-all": self = .logoutAll
        case "/session": self = .session
        case "/sessions": self = .sessions
        case let other:
            guard other.hasPrefix("/sessions/") else { return nil }
            let id = String(other.dropFirst("/sessions/".count))
            guard !id.isEmpty, id.utf8.count <= 64, !id.contains("/") else { return nil }
            self = .sessionItem(id: id)
        }
    }

    func allows(_ method: Method) -> Bool {
        switch self {
        case .login, .register, .logout, .logoutAll: method == .post
        case .session: method == .get || method == .head
        case .sessions: method == .get || method == .head || method == .delete
        case .sessionItem: method == .delete
        }
    }

    var allow: String {
        switch self {
        case .login, .register, .logout, .logoutAll: "POST"
        case .session: "GET, HEAD"
        case .sessions: "GET, HEAD, DELETE"
        case .sessionItem: "DELETE"
        }
    }

    /// A way in: limited by account and address. Everything else is limited by session.
    var isEntrance: Bool { self == .login || self == .register }

    /// Whether the request's body matters.
    var readsBody: Bool { self == .login || self == .register }

    /// Bytes of a body (login.md §2).
    static let bodyLimit = 4_096
}

// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

/// How one kind of backend logs people in: paths, member names, and where the user's id is (login.md §3). A preset is a
/// starting point; `sessions.paths` and `sessions.members` override any part of it.
package struct LoginPreset: Sendable, Hashable {
    package enum Name: String, Sendable, CaseIterable {
        case gatecast
        case simplejwt
        case djoser
        case djRestAuth = "dj-rest-auth"
    }

    package struct Paths: Sendable, Hashable {
        package var login: String
        package var refresh: String
        /// `nil`: tokens are not revoked at the backend, they run out.
        package var revoke: String?
        /// `nil`: no registration here.
        package var register: String?
    }

    /// Member names of JSON bodies.
    package struct Members: Sendable, Hashable {
        package var access: String
        /// In answers and in the requests that send it back.
        package var refresh: String
        /// Seconds.
        package var accessExpiresIn = "expires_in"
        package var refreshExpiresIn = "refresh_expires_in"
        /// The object with the display fields.
        package var user = "user"
    }

    package var name: Name
    package var paths: Paths
    package var members: Members
    /// Claims of the access token, in order of preference.
    package var subjectClaims: [String]
    /// A member of the answer's user object that names the user where no claim does.
    package var subjectMember: String?
    /// simplejwt signs access and refresh tokens alike: only this claim tells them apart.
    package var requiresTokenType: Bool
    /// Where an empty `refresh` (dj-rest-auth's `JWT_AUTH_HTTPONLY`) is then found: a cookie of the answer.
    package var refreshCookie: String?
    /// Further names under which registration wants the password (dj-rest-auth: twice, to compare).
    package var registrationPasswords: [String] = []
    /// Members of the user object that are kept for display.
    package var profileFields = ["username", "id", "name", "first_name", "last_name", "email"]

    package init(_ name: Name) {
        self.name = name
        let simplejwt = Members(access: "access", refresh: "refresh")
        switch name {
        case .gatecast:
            self.paths = Paths(
                login: "/tokens",
                refresh: "/tokens/refresh",
                revoke: "/tokens/revoke",
                register: "/users"
            )
            self.members = Members(access: "access_token", refresh: "refresh_token")
        case .simplejwt:
            self.paths = Paths(login: "/api/token/", refresh: "/api/token/refresh/")
            self.members = simplejwt
        case .djoser:
            self.paths = Paths(
                login: "/auth/jwt/create/",
                refresh: "/auth/jwt/refresh/",
                register: "/auth/users/"
            )
            self.members = simplejwt
        case .djRestAuth:
            self.paths = Paths(
                login: "/dj-rest-auth/login/",
                refresh: "/dj-rest-auth/token/refresh/",
                revoke: "/dj-rest-auth/logout/",
                register: "/dj-rest-auth/registration/"
            )
            self.members = simplejwt
            self.registrationPasswords = ["password1", "password2"]
        }
        self.subjectClaims = name == .gatecast ? ["sub"] : ["sub", "user_id"]
        self.subjectMember = name == .djRestAuth ? "pk" : nil
        self.requiresTokenType = name != .gatecast
        self.refreshCookie = nil
    }
}

// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation
package import Settings

/// `smtp://user:password@host:587` (STARTTLS before anything else; without it only towards this machine) or
/// `smtps://user:password@host:465`. User and password are percent-encoded.
package struct SMTPSettings: Sendable {
    package enum Security: Sendable {
        /// TLS from the first byte.
        case implicit
        /// STARTTLS; no mail leaves where the server does not offer it.
        case startTLS
        /// A relay on this machine.
        case none
    }

    package var host: String
    package var port: Int
    package var security: Security
    package var user: String?
    package var password: Secret?

    package init(host: String, port: Int, security: Security, user: String? = nil, password: Secret? = nil) {
        self.host = host
        self.port = port
        self.security = security
        self.user = user
        self.password = password
    }

    package init(url text: String) throws(SettingsError) {
        guard let url = URLComponents(string: text), let scheme = url.scheme, ["smtp", "smtps"].contains(scheme),
            let host = url.host, !host.isEmpty, url.path.isEmpty || url.path == "/", url.query == nil,
            (url.user == nil) == (url.password == nil)
        else {
            // The text may hold a password: it is not repeated.
            throw SettingsError(
                file: "environment",
                path: "MAIL",
                message: "cannot be read",
                advice: "log, off, smtp://user:password@host:587 or smtps://user:password@host:465"
            )
        }
        let isLocal = ["localhost", "127.0.0.1", "[::1]"].contains(host)
        self.init(
            host: host.trimmingCharacters(in: CharacterSet(charactersIn: "[]")),
            port: url.port ?? (scheme == "smtps" ? 465 : isLocal ? 25 : 587),
            security: scheme == "smtps" ? .implicit : isLocal ? .none : .startTLS,
            user: url.user,
            password: url.password.map { Secret($0) }
        )
    }
}

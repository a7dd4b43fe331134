// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import HTTPMessages
package import Settings

/// `auth:` of `gatecast.yaml`: where the login endpoints are, and the pages people meet them on.
package struct AuthPages: Sendable, Equatable {
    package static let defaultPrefix = "/auth"

    /// Without a final slash. Default `/auth`.
    package var prefix = Self.defaultPrefix
    /// Path that document navigations without a session, and failed login forms, are sent to; `nil`: a plain answer.
    package var login: String?
    /// Path that failed registration forms are sent to; `nil`: the login page.
    package var register: String?

    package init(prefix: String = Self.defaultPrefix, login: String? = nil, register: String? = nil) {
        self.prefix = prefix
        self.login = login
        self.register = register
    }

    package init(node: SettingsNode?) throws(SettingsError) {
        guard let node else { return }
        var map = try node.map()
        if let node = map.take("prefix") { self.prefix = try Self.prefix(node) }
        self.login = try map.take("loginPage").map { node throws(SettingsError) in
            try Self.page(node, advice: "loginPage: /login")
        }
        self.register = try map.take("registerPage").map { node throws(SettingsError) in
            try Self.page(node, advice: "registerPage: /register")
        }
        try map.finish()
    }

    private static func page(_ node: SettingsNode, advice: String) throws(SettingsError) -> String {
        let path = try node.string()
        guard NextPath.isSafe(path) else { throw node.error("this page is a path on this origin", advice: advice) }
        return path
    }

    /// Compared with the path's form for matching, so only characters that no two spellings exist of.
    private static func prefix(_ node: SettingsNode) throws(SettingsError) -> String {
        let text = try node.string()
        let segments = text.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
        let isPlain = segments.allSatisfy { segment in
            !segment.isEmpty && !segment.allSatisfy { $0 == "." }
                && segment.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-_.~".contains($0)) }
        }
        guard text.hasPrefix("/"), isPlain, text != "/live" else {
            throw node.error(
                "the login endpoints cannot be under \"\(text)\"",
                advice: "a path of plain segments without a final slash, such as prefix: /session"
            )
        }
        return text
    }
}

// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation
internal import NIOCore
internal import Settings

/// How mail leaves, what it says it comes from, and which pages its links open.
package struct MailSettings: Sendable {
    package enum Transport: Sendable {
        /// Into the log, links and all: for development only.
        case log
        case smtp(SMTPSettings)
        /// Nowhere: whatever needs mail answers 503.
        case off
    }

    package var transport: Transport
    /// `MAIL_FROM`: an address.
    package var from: String
    /// `SITE_NAME`: how mails call the product.
    package var site: String
    /// `PASSWORD_RESET_PAGE`: an https address with `{token}` in it. In the fragment, as by default, the token reaches no
    /// server but the page's script; a page without scripts needs `?token={token}`.
    package var resetPage: String
    /// `EMAIL_VERIFICATION_PAGE`, likewise.
    package var verificationPage: String

    static let placeholder = "{token}"
    static let keys = ["MAIL", "MAIL_FROM", "SITE_NAME", "PASSWORD_RESET_PAGE", "EMAIL_VERIFICATION_PAGE"]

    /// What stands without any setting: the log where the issuer is on this machine, nothing elsewhere.
    package init(issuer: String) {
        let host = URL(string: issuer)?.host ?? ""
        self.transport = Self.isLocal(host) ? .log : .off
        self.from = "no-reply@\(host.isEmpty ? "localhost" : host)"
        self.site = "Gatecast"
        self.resetPage = "\(issuer)/reset-password#token={token}"
        self.verificationPage = "\(issuer)/verify-email#token={token}"
    }

    init(extra: [String: String], issuer: String) throws(SettingsError) {
        self.init(issuer: issuer)
        if let text = extra["MAIL"] { self.transport = try Self.transport(text, issuer: issuer) }
        if let text = extra["MAIL_FROM"] {
            guard MailAddress.isPlausible(text) else { throw Self.error("MAIL_FROM", "no-reply@example.org") }
            self.from = text
        }
        if let text = extra["SITE_NAME"] {
            guard (1...60).contains(text.count) else { throw Self.error("SITE_NAME", "1 to 60 characters") }
            self.site = text
        }
        if let text = extra["PASSWORD_RESET_PAGE"] { self.resetPage = try Self.page("PASSWORD_RESET_PAGE", text) }
        if let text = extra["EMAIL_VERIFICATION_PAGE"] {
            self.verificationPage = try Self.page("EMAIL_VERIFICATION_PAGE", text)
        }
    }

    private static func transport(_ text: String, issuer: String) throws(SettingsError) -> Transport {
        switch text {
        case "off": return .off
        case "log":
            guard Self.isLocal(URL(string: issuer)?.host ?? "") else {
                throw SettingsError(
                    file: "environment",
                    path: "MAIL",
                    message: "log would write links that open accounts into the log, and \(issuer) is not this machine",
                    advice: "smtp://user:password@host:587, or off"
                )
            }
            return .log
        default: return .smtp(try SMTPSettings(url: text))
        }
    }

    private static func page(_ key: String, _ text: String) throws(SettingsError) -> String {
        let sample = text.replacing(Self.placeholder, with: "x")
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }), text.utf8.count <= 512,
            text.ranges(of: Self.placeholder).count == 1, let url = URL(string: sample), let host = url.host,
            url.scheme == "https" || (url.scheme == "http" && Self.isLocal(host))
        else { throw Self.error(key, "https://example.org/page#token={token}") }
        return text
    }

    private static func isLocal(_ host: String) -> Bool {
        host == "localhost" || host.hasSuffix(".localhost") || ["127.0.0.1", "::1", "[::1]"].contains(host)
    }

    private static func error(_ key: String, _ advice: String) -> SettingsError {
        SettingsError(file: "environment", path: key, message: "cannot be read", advice: advice)
    }
}

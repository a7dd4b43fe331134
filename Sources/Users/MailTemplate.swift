// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

/// What mails say. Plain text: a link, for how long it is good, and what to do if one did not ask for it.
enum MailTemplate: String, Sendable, CaseIterable {
    case verifyEmail = "verify-email"
    case resetPassword = "reset-password"
    case passwordChanged = "password-changed"

    /// Whether it carries a link with a token of its own.
    var purpose: MailTokenRepository.Purpose? {
        switch self {
        case .verifyEmail: .verifyEmail
        case .resetPassword: .resetPassword
        case .passwordChanged: nil
        }
    }

    /// - Parameters:
    ///   - link: where there is one.
    ///   - lifetime: of the link.
    func mail(to address: String, username: String, site: String, link: String?, lifetime: Duration) -> Mail {
        let link = link ?? ""
        let subject: String
        let text: String
        switch self {
        case .verifyEmail:
            subject = "Confirm your address for \(site)"
            text = """
                Hello \(username),

                please confirm that this is your address:

                \(link)

                The link is good for \(Self.words(lifetime)) and works once. If you have no account at \(site), ignore this
                message: nothing happens then.
                """
        case .resetPassword:
            subject = "A new password for \(site)"
            text = """
                Hello \(username),

                somebody asked for a new password for your account. If it was you, choose one here:

                \(link)

                The link is good for \(Self.words(lifetime)) and works once. If it was not you, ignore this message: your
                password stays as it is.
                """
        case .passwordChanged:
            subject = "Your password for \(site) was changed"
            text = """
                Hello \(username),

                the password of your account was just changed, and all other logins were ended. If it was not you, choose
                a new one at once by "forgot password" on the login page.
                """
        }
        return Mail(to: address, subject: subject, text: text)
    }

    static func words(_ duration: Duration) -> String {
        let minutes = duration.components.seconds / 60
        if minutes >= 2880 { return "\(minutes / 1440) days" }
        return minutes >= 120 ? "\(minutes / 60) hours" : minutes == 60 ? "an hour" : "\(minutes) minutes"
    }
}

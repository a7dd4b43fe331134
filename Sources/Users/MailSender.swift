// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Logging

/// Hands one mail over to whoever carries it. Called by `MailWorker`, which tries again after an error.
protocol MailSender: Sendable {
    /// Bounded in time by the sender itself.
    func send(_ mail: Mail) async throws(MailError)
}

struct MailError: Error, Sendable, Hashable, CustomStringConvertible {
    enum Code: String, Sendable {
        /// Not connected, no answer in time, or the connection broke: later it may work.
        case unreachable
        /// The server said no for now (4xx).
        case postponed
        /// The server said no for good (5xx): the address does not exist, or we may not send.
        case refused
        /// The server does not offer what the settings demand, or its certificate is not valid.
        case insecure
    }

    let code: Code
    /// For the log: never a token, never a password.
    let detail: String

    init(_ code: Code, _ detail: String) {
        self.code = code
        self.detail = detail
    }

    var description: String { "\(self.code.rawValue): \(self.detail)" }
}

/// For development: the mail, with its link, in the log. `MailSettings` allows it where the issuer is this machine.
struct LogMailSender: MailSender {
    let logger: Logger

    func send(_ mail: Mail) async throws(MailError) {
        self.logger.notice(
            "mail, not sent: MAIL=log",
            metadata: ["to": "\(mail.to)", "subject": "\(mail.subject)", "text": "\(mail.text)"]
        )
    }
}

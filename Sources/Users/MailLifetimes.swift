// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

/// How long links in mails are good.
package struct MailLifetimes: Sendable {
    /// `RESET_LIFETIME`: 10 minutes to 1 day. Default 1 hour.
    package var reset: Duration = .seconds(3600)
    /// `VERIFICATION_LIFETIME`: 1 hour to 30 days. Default 3 days.
    package var verification: Duration = .seconds(3 * 86_400)

    package init() {}

    func of(_ template: MailTemplate) -> Duration { template == .verifyEmail ? self.verification : self.reset }
}

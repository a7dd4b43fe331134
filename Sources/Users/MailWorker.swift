// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import GRDB
internal import Logging
internal import Metrics
internal import ServiceLifecycle
internal import Store

/// Sends what lies in `MailQueue`: at least once, several at a time, again after an error.
struct MailWorker: Service {
    private static let width = 8

    let database: ServiceDatabase
    let sender: any MailSender
    let settings: MailSettings
    let lifetimes: MailLifetimes
    /// Unix seconds.
    let now: @Sendable () -> Int64
    let logger: Logger

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                do {
                    if try await self.step() { continue }
                } catch {
                    self.logger.error("mail queue not read", metadata: ["error": "\(error)"])
                }
                do { try await Task.sleep(for: .seconds(1)) } catch { return }  // cancelled
            }
        }
    }

    /// Sends what is due now. False: nothing was.
    func step() async throws -> Bool {
        let now = self.now()
        guard try await self.database.read({ try MailQueue.isDue(now: now, in: $0) }) else { return false }
        let entries = try await self.database.write { try MailQueue.claim(Self.width, now: now, in: $0) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for entry in entries { group.addTask { try await self.carryOut(entry) } }
            try await group.waitForAll()
        }
        return !entries.isEmpty
    }

    private func carryOut(_ entry: MailQueue.Entry) async throws {
        switch entry.errand {
        case .resetRequested: try await self.expand(entry)
        case .mail(let template, let user): try await self.send(template, user, entry)
        }
    }

    /// The stored spelling is written to: a look-alike that somebody typed must not get the mail.
    private func expand(_ entry: MailQueue.Entry) async throws {
        let now = self.now()
        try await self.database.write { database in
            for user in try UserRepository.resettable(email: entry.email, in: database) {
                guard let email = user.email else { continue }
                try MailQueue.enqueue(.resetPassword, to: user.id, email: email, now: now, in: database)
            }
            try MailQueue.finish(entry, in: database)
        }
    }

    private func send(_ template: MailTemplate, _ user: Int64, _ entry: MailQueue.Entry) async throws {
        guard let mail = try await self.compose(template, user, entry.email) else {
            return try await self.finish(entry)  // the account has changed since
        }
        do throws(MailError) {
            try await self.sender.send(mail)
        } catch {
            return try await self.failed(error, template, user, entry)
        }
        Self.count(template, "sent")
        // Where this fails the mail is sent twice, which is better than not at all.
        try await self.finish(entry)
    }

    private func failed(
        _ error: MailError,
        _ template: MailTemplate,
        _ user: Int64,
        _ entry: MailQueue.Entry
    ) async throws {
        Self.count(template, error.code.rawValue)
        let now = self.now()
        let facts: Logger.Metadata = [
            "template": "\(template.rawValue)", "user.id": "\(user)", "error": "\(error)",
        ]
        guard error.code != .refused, now - entry.createdAt < MailQueue.patience else {
            self.logger.error("mail given up", metadata: facts)
            return try await self.finish(entry)
        }
        self.logger.warning("mail not sent, tried again later", metadata: facts)
        try await self.database.write { try MailQueue.postpone(entry, now: now, in: $0) }
    }

    /// A fresh token for every attempt: of those that may have arrived each one works until the first is used. `nil` where
    /// the address is not the account's any more, or has nothing left to prove.
    private func compose(_ template: MailTemplate, _ id: Int64, _ email: String) async throws -> Mail? {
        let lifetime = self.lifetimes.of(template)
        let end = self.now() + lifetime.components.seconds
        let found = try await self.database.write { database -> (User, RefreshToken?)? in
            guard let user = try UserRepository.find(id: id, in: database) else { return nil }
            guard let purpose = template.purpose else { return (user, nil) }
            guard user.email == email, template != .verifyEmail || user.emailVerifiedAt == nil else { return nil }
            return (user, try MailTokenRepository.issue(to: id, email: email, purpose, expiresAt: end, in: database))
        }
        guard let (user, token) = found else { return nil }
        let page = template == .verifyEmail ? self.settings.verificationPage : self.settings.resetPage
        return template.mail(
            to: email,
            username: user.username,
            site: self.settings.site,
            link: token.map { page.replacing(MailSettings.placeholder, with: $0.text) },
            lifetime: lifetime
        )
    }

    private func finish(_ entry: MailQueue.Entry) async throws {
        try await self.database.write { try MailQueue.finish(entry, in: $0) }
    }

    private static func count(_ template: MailTemplate, _ outcome: String) {
        Counter(
            label: "users_mails_total",
            dimensions: [("template", template.rawValue), ("outcome", outcome)]
        ).increment()
    }
}

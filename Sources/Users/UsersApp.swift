// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation
internal import Hummingbird
package import Logging
package import Observability
package import ServiceKit
internal import ServiceLifecycle
package import Settings
internal import Store
internal import Tokens

/// The users service, the same for its own executable and for `gatecast up`.
package enum UsersApp {
    package static let name = "users"

    /// In the order of application.
    static let migrations = [
        UserRepository.migration, RefreshTokenRepository.migration, AccountsMigration.migration,
        SigningKeyRepository.migration,
    ]

    /// - Parameters:
    ///   - metrics: the Prometheus text behind `/metrics`; without it there is no such path.
    ///   - spans: where finished spans go; `nil`: nowhere.
    ///   - users: `nil` reads them from `settings.extra`.
    ///   - now: Unix seconds.
    package static func build(
        settings: ServiceSettings,
        users: UsersSettings? = nil,
        metrics: ServiceApplication.MetricsText? = nil,
        spans: (any SpanSink)? = nil,
        now: @escaping @Sendable () -> Int64 = { Int64(Date().timeIntervalSince1970) },
        logger: Logger,
        onListening: @escaping @Sendable (ListenAddress) -> Void = { _ in }
    ) async throws -> ServiceApplication {
        let own = try users ?? UsersSettings(extra: settings.extra, issuer: settings.issuer)
        let mail = own.mail ?? MailSettings(issuer: settings.issuer)
        return try await self.build(
            settings: settings,
            users: own,
            mail: mail,
            sender: try self.sender(mail, logger: logger),
            metrics: metrics,
            spans: spans,
            now: now,
            logger: logger,
            onListening: onListening
        )
    }

    /// - Parameter sender: `nil`: no mail leaves.
    static func build(
        settings: ServiceSettings,
        users own: UsersSettings,
        mail: MailSettings,
        sender: (any MailSender)?,
        metrics: ServiceApplication.MetricsText? = nil,
        spans: (any SpanSink)? = nil,
        now: @escaping @Sendable () -> Int64,
        logger: Logger,
        onListening: @escaping @Sendable (ListenAddress) -> Void = { _ in }
    ) async throws -> ServiceApplication {
        let database = try ServiceDatabase.open(path: settings.databasePath, migrations: self.migrations)
        let signing = try await Signing(
            settings: settings,
            schedule: KeySchedule(interval: own.keyRotation.components.seconds, algorithm: own.algorithm),
            database: database,
            now: now,
            logger: logger
        )
        let repository = UserRepository(database: database)
        let tokens = RefreshTokenRepository(
            database: database,
            lifetime: own.refreshLifetime.components.seconds,
            familyLifetime: own.familyLifetime.components.seconds
        )
        let hasher = PasswordHasher(n: own.scryptN, threads: own.passwordThreads, limit: own.passwordQueue)
        let decoys = PasswordDecoys(database: database)
        try await decoys.refresh()
        let logins = LoginGuard(database: database, hasher: hasher, decoys: decoys, settings: own)
        let authority = TokenAuthority(profiles: [signing.profile], source: signing.source, logger: logger)
        let sendsMail = sender != nil

        let router = Router<ServiceContext>.service()
        KeyController(signing: signing).addRoutes(to: router)
        TokenController(logins: logins, tokens: tokens, signing: signing, accessLifetime: own.accessLifetime, now: now)
            .addRoutes(to: router)
        UserController(users: repository, logins: logins, sendsMail: sendsMail, now: now).addRoutes(to: router)
        RecoveryController(users: repository, logins: logins, sendsMail: sendsMail, now: now).addRoutes(to: router)
        AccountController(users: repository, logins: logins, sendsMail: sendsMail, now: now)
            .addRoutes(to: router.authenticated(by: BearerAuthentication(authority: authority, now: now)))

        var services: [any Service] = signing.services
        services += [authority, hasher, AccountSweep(tokens: tokens, decoys: decoys, now: now, logger: logger)]
        if let sender {
            services.append(
                MailWorker(
                    database: database,
                    sender: sender,
                    settings: mail,
                    lifetimes: own.mailLifetimes,
                    now: now,
                    logger: logger
                )
            )
        } else {
            logger.warning("no mail leaves: password reset and e-mail verification answer 503; set MAIL")
        }
        return ServiceApplication(
            name: self.name,
            listen: settings.listen,
            router: router,
            services: services,
            readiness: [.database(database)],
            metrics: metrics,
            document: UsersAPI.document,
            spans: spans,
            logger: logger,
            onListening: onListening
        )
    }

    private static func sender(_ mail: MailSettings, logger: Logger) throws -> (any MailSender)? {
        switch mail.transport {
        case .log: LogMailSender(logger: logger)
        case .smtp(let settings): try SMTPMailSender(settings: settings, from: mail.from)
        case .off: nil
        }
    }
}

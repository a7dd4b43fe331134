// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation
internal import Hummingbird
package import Logging
package import ServiceKit
internal import ServiceLifecycle
package import Settings
internal import Store
internal import Tokens

/// The users service, the same for its own executable and for `gatecast up`.
package enum UsersApp {
    package static let name = "users"

    /// - Parameters:
    ///   - metrics: the Prometheus text behind `/metrics`; without it there is no such path.
    ///   - users: `nil` reads them from `settings.extra`.
    ///   - now: Unix seconds.
    package static func build(
        settings: ServiceSettings,
        users: UsersSettings? = nil,
        metrics: ServiceApplication.MetricsText? = nil,
        now: @escaping @Sendable () -> Int64 = { Int64(Date().timeIntervalSince1970) },
        logger: Logger,
        onListening: @escaping @Sendable (ListenAddress) -> Void = { _ in }
    ) async throws -> ServiceApplication {
        let own = try users ?? UsersSettings(extra: settings.extra)
        let database = try ServiceDatabase.open(
            path: settings.databasePath,
            migrations: [UserRepository.migration, RefreshTokenRepository.migration]
        )
        let signing = try Signing(settings: settings, algorithm: own.algorithm)
        let repository = UserRepository(database: database)
        let tokens = RefreshTokenRepository(
            database: database,
            lifetime: own.refreshLifetime.components.seconds,
            familyLifetime: own.familyLifetime.components.seconds
        )
        let hasher = PasswordHasher(n: own.scryptN)

        let router = Router(context: ServiceContext.self, options: .autoGenerateHeadEndpoints)
        KeyController(keys: signing.keys).addRoutes(to: router)
        TokenController(
            users: repository,
            tokens: tokens,
            hasher: hasher,
            issuer: signing.issuer,
            accessLifetime: own.accessLifetime,
            now: now
        ).addRoutes(to: router)
        let accounts = UserController(users: repository, hasher: hasher, now: now)
        accounts.addRoutes(to: router)
        let authority = TokenAuthority(profiles: [signing.profile], source: NoKeySource(), logger: logger)
        accounts.addRoutes(to: router.authenticated(by: BearerAuthentication(authority: authority, now: now)))

        return ServiceApplication(
            name: self.name,
            listen: settings.listen,
            router: router,
            services: [hasher, RefreshTokenSweep(tokens: tokens, now: now, logger: logger)],
            readiness: [.database(database)],
            metrics: metrics,
            logger: logger,
            onListening: onListening
        )
    }
}

/// Our own tokens are judged by our own key: there is nothing to fetch.
struct NoKeySource: KeySetSource {
    func fetch(_ url: String) async throws(KeySetFetchError) -> FetchedKeySet {
        throw KeySetFetchError(.unreachable, "the users service fetches no keys")
    }
}

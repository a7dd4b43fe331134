// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

package import Logging
package import Settings

/// What every service needs to know: from its environment, or from a YAML file with the same keys in lower case.
/// The environment wins; an empty variable counts as unset.
package struct ServiceSettings: Sendable {
    /// `users`, `tasks` or `notifications`: names the database file and the log lines.
    package var service: String
    /// `LISTEN`. Port 0 takes a free one. Default: 127.0.0.1, port 8101 users, 8102 tasks, 8103 notifications.
    package var listen: ListenAddress
    /// `DATA`: directory of the database, made when missing. Default `var`.
    package var data: String
    /// `REDIS_URL`: `redis://` or `rediss://`. `nil` where not set.
    package var redisURL: String?
    /// `ISSUER`: the `iss` of tokens. Default `https://localhost:8443`.
    package var issuer: String
    /// `AUDIENCE`: the `aud` of tokens. Default `gatecast`.
    package var audience: String
    /// `JWKS_URL`: where the issuer's keys are. Default: the users service on this machine.
    package var jwksURL: String
    /// `JWT_SECRET`: at least 32 bytes; the issuer then signs with HS256 and `JWKS_URL` is not used.
    package var secret: Secret?
    /// `LOG_LEVEL`: trace, debug, info, notice, warning, error or critical. Default info.
    package var logLevel: Logger.Level
    /// `OTEL_EXPORTER_OTLP_ENDPOINT`: where spans go, as OTLP over HTTP. `nil`: none are recorded.
    package var collector: String?
    /// Keys of one service only, by their environment name.
    package var extra: [String: String]

    package init(
        service: String,
        listen: ListenAddress,
        data: String,
        redisURL: String? = nil,
        issuer: String,
        audience: String,
        jwksURL: String,
        secret: Secret? = nil,
        logLevel: Logger.Level = .info,
        collector: String? = nil,
        extra: [String: String] = [:]
    ) {
        self.service = service
        self.listen = listen
        self.data = data
        self.redisURL = redisURL
        self.issuer = issuer
        self.audience = audience
        self.jwksURL = jwksURL
        self.secret = secret
        self.logLevel = logLevel
        self.collector = collector
        self.extra = extra
    }

    package var databasePath: String { "\(self.data)/\(self.service).sqlite" }
}

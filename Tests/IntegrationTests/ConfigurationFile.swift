// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

/// `gatecast.yaml` of the contract, on ephemeral ports, for a stack whose services run as processes of their own.
struct ConfigurationFile {
    var certificates: String
    var redisURL: String
    var users: Int
    var tasks: Int
    var notifications: Int

    static let adminToken = "an-admin-token-of-the-test-run"
    /// 32 bytes, of this run only.
    static let sessionKey = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="

    var environment: [String: String] {
        ["REDIS_URL": redisURL, "GATECAST_ADMIN_TOKEN": Self.adminToken, "GATECAST_SESSION_KEY": Self.sessionKey]
    }

    var text: String {
        """
        listen:    { public: "127.0.0.1:0", internal: "127.0.0.1:0", admin: "127.0.0.1:0" }
        origins:   ["https://localhost:8443"]
        tls:       { certificate: \(certificates)/localhost.pem, key: \(certificates)/localhost-key.pem }
        data:      var
        redis:     { url: "${REDIS_URL:-}" }
        admin:     { token: "${GATECAST_ADMIN_TOKEN}" }
        sessions:  { login: gatecast, upstream: users, key: "${GATECAST_SESSION_KEY}" }
        issuers:
          - { iss: "https://localhost:8443", aud: gatecast, jwks: "http://127.0.0.1:\(users)/.well-known/jwks.json" }
        upstreams: { users: ["127.0.0.1:\(users)"], tasks: ["127.0.0.1:\(tasks)"], notifications: ["127.0.0.1:\(notifications)"] }
        routes:
          - { prefix: /api/users/,         upstream: users,         auth: optional }
          - { prefix: /api/tasks/,         upstream: tasks,         auth: required }
          - { prefix: /api/notifications/, upstream: notifications, auth: required }
        live:      { topics: { allow: ["announcements", "org.{org}.*"] }, times: { gapSpread: 0s } }
        drain:     { notReady: 0s }

        """
    }
}

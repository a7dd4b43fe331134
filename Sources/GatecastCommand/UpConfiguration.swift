// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation
internal import Gateway
internal import Settings
internal import StrictJSON

/// The configuration `gatecast up` runs on: the one of the README with `profile: dev`, secrets from the data folder.
struct UpConfiguration {
    var data: String
    var listen: String
    var internalListen: String
    var admin: String
    var redisURL: String
    var certificatePath: String
    var keyPath: String
    var users: ListenAddress
    var tasks: ListenAddress
    var notifications: ListenAddress

    static let defaultOrigin = "https://localhost:8443"

    /// The origin that goes with a listen address; port 0 stands for whatever port it becomes.
    static func origin(of listen: ListenAddress) -> String {
        listen.port == 443 ? "https://localhost" : "https://localhost:\(listen.port)"
    }

    /// `iss` of the tokens. Stable for one folder, so that sessions survive a restart on another ephemeral port.
    static func issuer(of listen: ListenAddress) -> String {
        listen.port == 0 ? defaultOrigin : origin(of: listen)
    }

    func settings(sessionKey: Secret, adminToken: Secret) throws -> GatewaySettings {
        var environment = [
            "GATECAST_SESSION_KEY": sessionKey.text, "GATECAST_ADMIN_TOKEN": adminToken.text,
            "GATECAST_REDIS_URL": redisURL,
        ]
        let collector = "OTEL_EXPORTER_OTLP_ENDPOINT"
        environment[collector] = ProcessInfo.processInfo.environment[collector]
        return try GatewaySettings(text: text(), file: "gatecast up", environment: environment)
    }

    /// YAML reads JSON strings as they are, so a path may hold quotes and backslashes.
    func text() throws -> String {
        let address = try ListenAddress(parsing: listen)
        return """
            profile:   dev
            listen:    { public: "\(listen)", internal: "\(internalListen)", admin: "\(admin)" }
            origins:   ["\(Self.origin(of: address))"]
            tls:       { certificate: \(JSONText.quoted(certificatePath)), key: \(JSONText.quoted(keyPath)) }
            data:      \(JSONText.quoted(data))
            redis:     { url: "${GATECAST_REDIS_URL}" }
            admin:     { token: "${GATECAST_ADMIN_TOKEN}" }
            sessions:  { login: gatecast, upstream: users, key: "${GATECAST_SESSION_KEY}" }
            issuers:
              - { iss: "\(Self.issuer(of: address))", aud: gatecast, jwks: "http://\(users)/.well-known/jwks.json" }
            upstreams: { users: ["\(users)"], tasks: ["\(tasks)"], notifications: ["\(notifications)"] }
            routes:
              - { prefix: /api/users/,         upstream: users,         auth: optional }
              - { prefix: /api/tasks/,         upstream: tasks,         auth: required }
              - { prefix: /api/notifications/, upstream: notifications, auth: required }
              - { prefix: /docs/users/,         upstream: users,         auth: none, methods: [GET, HEAD], rewrite: /openapi.json }
              - { prefix: /docs/tasks/,         upstream: tasks,         auth: none, methods: [GET, HEAD], rewrite: /openapi.json }
              - { prefix: /docs/notifications/, upstream: notifications, auth: none, methods: [GET, HEAD], rewrite: /openapi.json }
            live:      { topics: { allow: ["announcements", "org.{org}.*"] }, log: { file: \(JSONText.quoted("\(data)/live.sqlite")) } }

            """
    }
}

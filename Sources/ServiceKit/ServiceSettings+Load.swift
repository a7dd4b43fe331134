// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation
internal import Logging
package import Settings

extension ServiceSettings {
    /// - Parameters:
    ///   - service: `users`, `tasks` or `notifications`.
    ///   - file: YAML, or `nil` for the environment alone.
    ///   - extraKeys: names of variables that only this service knows; found in `extra`, as text.
    package static func load(
        service: String,
        environment: [String: String],
        file: String?,
        extraKeys: [String] = []
    ) throws(SettingsError) -> ServiceSettings {
        var source = try Source(environment: environment, file: file)
        let listen = try source.listen(default: Self.defaultListen(service))
        let redisURL = try source.redisURL()
        let issuer = try source.text("ISSUER", default: "https://localhost:8443", 1...512)
        let audience = try source.text("AUDIENCE", default: "gatecast", 1...255)
        let secret = try source.secret()
        let jwksURL = try source.jwksURL(besideSecret: secret != nil)
        let data = try source.text("DATA", default: "var", 1...4096)
        let level = try source.logLevel()
        let collector = try source.collector()
        var extra: [String: String] = [:]
        for key in extraKeys {
            extra[key] = try source.optionalText(key)?.text
        }
        try source.finish()
        return ServiceSettings(
            service: service,
            listen: listen,
            data: data,
            redisURL: redisURL,
            issuer: issuer,
            audience: audience,
            jwksURL: jwksURL,
            secret: secret,
            logLevel: level,
            collector: collector,
            extra: extra
        )
    }

    private static func defaultListen(_ service: String) -> String {
        switch service {
        case "users": "127.0.0.1:8101"
        case "tasks": "127.0.0.1:8102"
        case "notifications": "127.0.0.1:8103"
        default: "127.0.0.1:0"
        }
    }

    /// The environment in front of the file.
    private struct Source {
        struct Entry {
            let text: String
            let error: (_ message: String, _ advice: String?) -> SettingsError
        }

        private let environment: [String: String]
        private var map: SettingsMap?

        init(environment: [String: String], file: String?) throws(SettingsError) {
            self.environment = environment
            guard let file else { return }
            guard let bytes = FileManager.default.contents(atPath: file) else {
                throw SettingsError(
                    file: file,
                    line: 0,
                    path: "",
                    message: "cannot be read",
                    advice: "--config with a readable file, or leave it out and use the environment"
                )
            }
            let text = String(decoding: bytes, as: UTF8.self)
            self.map = try SettingsNode.parse(text, file: file, environment: environment).map()
        }

        /// Always takes the key from the file too, so that an overridden key is not called unknown.
        mutating func optionalText(_ key: String) throws(SettingsError) -> Entry? {
            let node = self.map?.take(key.lowercased())
            if let value = self.environment[key], !value.isEmpty {
                return Entry(text: value) { message, advice in
                    SettingsError(file: "environment", line: 0, path: key, message: message, advice: advice)
                }
            }
            guard let node else { return nil }
            let text = try node.string()
            return text.isEmpty ? nil : Entry(text: text) { node.error($0, advice: $1) }
        }

        mutating func text(
            _ key: String,
            default value: String,
            _ length: ClosedRange<Int>
        ) throws(SettingsError) -> String {
            guard let entry = try self.optionalText(key) else { return value }
            guard length.contains(entry.text.utf8.count), !entry.text.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F })
            else {
                throw entry.error(
                    "must be \(length.lowerBound) to \(length.upperBound) bytes without control characters",
                    "for example \(value)"
                )
            }
            return entry.text
        }

        mutating func listen(default value: String) throws(SettingsError) -> ListenAddress {
            let entry = try self.optionalText("LISTEN")
            do {
                return try ListenAddress(parsing: entry?.text ?? value)
            } catch {
                throw entry?.error("\(error)", "host:port, for example \(value); port 0 takes a free one")
                    ?? SettingsError(file: "default", line: 0, path: "LISTEN", message: "\(error)", advice: nil)
            }
        }

        mutating func redisURL() throws(SettingsError) -> String? {
            guard let entry = try self.optionalText("REDIS_URL") else { return nil }
            guard let url = URL(string: entry.text), let scheme = url.scheme, ["redis", "rediss"].contains(scheme),
                url.host?.isEmpty == false
            else {
                throw entry.error("not a Redis address", "for example redis://127.0.0.1:6379")
            }
            return entry.text
        }

        mutating func secret() throws(SettingsError) -> Secret? {
            guard let entry = try self.optionalText("JWT_SECRET") else { return nil }
            let secret = Secret(entry.text)
            guard secret.bytes.count >= 32, !secret.isPlaceholder else {
                throw entry.error(
                    "too short, or a known placeholder",
                    "at least 32 random bytes: openssl rand -base64 48"
                )
            }
            return secret
        }

        mutating func jwksURL(besideSecret: Bool) throws(SettingsError) -> String {
            guard let entry = try self.optionalText("JWKS_URL") else {
                return "http://127.0.0.1:8101/.well-known/jwks.json"
            }
            if besideSecret { throw entry.error("given beside JWT_SECRET", "one of the two") }
            guard let url = URL(string: entry.text), let scheme = url.scheme, ["http", "https"].contains(scheme),
                url.host?.isEmpty == false
            else {
                throw entry.error(
                    "not an http or https address",
                    "for example http://127.0.0.1:8101/.well-known/jwks.json"
                )
            }
            return entry.text
        }

        mutating func collector() throws(SettingsError) -> String? {
            guard let entry = try self.optionalText("OTEL_EXPORTER_OTLP_ENDPOINT") else { return nil }
            guard let url = URL(string: entry.text), let scheme = url.scheme, ["http", "https"].contains(scheme),
                url.host?.isEmpty == false
            else {
                throw entry.error("not an http or https address", "for example http://127.0.0.1:4318")
            }
            return entry.text
        }

        mutating func logLevel() throws(SettingsError) -> Logger.Level {
            guard let entry = try self.optionalText("LOG_LEVEL") else { return .info }
            guard let level = Logger.Level(rawValue: entry.text.lowercased()) else {
                let known = Logger.Level.allCases.map(\.rawValue).joined(separator: ", ")
                throw entry.error("not a log level", "one of \(known)")
            }
            return level
        }

        mutating func finish() throws(SettingsError) {
            try self.map?.finish()
        }
    }
}

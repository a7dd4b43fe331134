// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation
internal import Logging
import ServiceKit
internal import Settings
import Testing
internal import Tokens

@Suite("A service's settings")
struct ServiceKitSettingsTests {
    private static func load(
        _ environment: [String: String],
        yaml: String? = nil,
        extraKeys: [String] = []
    ) throws -> ServiceSettings {
        guard let yaml else {
            return try ServiceSettings.load(service: "tasks", environment: environment, file: nil, extraKeys: extraKeys)
        }
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID().uuidString).yaml")
        try Data(yaml.utf8).write(to: file)
        defer { unlink(file.path) }
        return try ServiceSettings.load(
            service: "tasks",
            environment: environment,
            file: file.path,
            extraKeys: extraKeys
        )
    }

    @Test("Nothing set is a service on its own port of this machine")
    func defaults() throws {
        let settings = try Self.load([:])
        #expect(settings.listen == ListenAddress(host: "127.0.0.1", port: 8102))
        #expect(settings.databasePath == "var/tasks.sqlite")
        #expect(settings.redisURL == nil)
        #expect(settings.issuer == "https://localhost:8443")
        #expect(settings.audience == "gatecast")
        #expect(settings.jwksURL == "http://127.0.0.1:8101/.well-known/jwks.json")
        #expect(settings.logLevel == .info)
        for (service, port) in [("users", 8101), ("notifications", 8103)] {
            let other = try ServiceSettings.load(service: service, environment: [:], file: nil)
            #expect(other.listen.port == port)
        }
    }

    @Test("The environment wins over the file, an empty variable counts as unset")
    func precedence() throws {
        let yaml = """
            listen: 127.0.0.1:0
            data: "${PLACE}"
            issuer: https://file.test
            redis_url: "redis://file:6379"
            signing_key: mine
            """
        let environment = [
            "PLACE": "/tmp/x", "ISSUER": "https://environment.test", "REDIS_URL": "", "LOG_LEVEL": "DEBUG",
        ]
        let settings = try Self.load(environment, yaml: yaml, extraKeys: ["SIGNING_KEY"])
        #expect(settings.listen.port == 0)
        #expect(settings.data == "/tmp/x")
        #expect(settings.issuer == "https://environment.test")
        #expect(settings.redisURL == "redis://file:6379")
        #expect(settings.logLevel == .debug)
        #expect(settings.extra == ["SIGNING_KEY": "mine"])
    }

    @Test("A shared secret takes the place of the key set, and never shows")
    func secret() throws {
        let secret = "f3QzV0c1lYpR8mT2xK7nB4wJ9dH6sA0e"
        let settings = try Self.load(["JWT_SECRET": secret])
        #expect(settings.issuerProfile.jwksURL == nil)
        #expect(!"\(settings)".contains(secret))
    }

    struct Bad: Sendable, CustomTestStringConvertible {
        let environment: [String: String]
        var yaml: String?
        let words: [String]
        var testDescription: String { "\(self.environment) \(self.yaml ?? "") → \(self.words)" }
    }

    @Test(
        "A wrong setting names the key and what to write",
        arguments: [
            Bad(environment: ["LISTEN": "8102"], words: ["LISTEN", "Write:", "127.0.0.1:8102"]),
            Bad(environment: ["LISTEN": "127.0.0.1:70000"], words: ["LISTEN", "65535"]),
            Bad(environment: ["REDIS_URL": "localhost:6379"], words: ["REDIS_URL", "redis://127.0.0.1:6379"]),
            Bad(environment: ["JWKS_URL": "file:///etc/passwd"], words: ["JWKS_URL", "http"]),
            Bad(environment: ["JWT_SECRET": "short"], words: ["JWT_SECRET", "32"]),
            Bad(
                environment: ["JWT_SECRET": "f3QzV0c1lYpR8mT2xK7nB4wJ9dH6sA0e", "JWKS_URL": "https://a.test/jwks"],
                words: ["JWKS_URL", "one of the two"]
            ),
            Bad(environment: ["LOG_LEVEL": "loud"], words: ["LOG_LEVEL", "debug"]),
            Bad(environment: ["AUDIENCE": "a\nb"], words: ["AUDIENCE", "control"]),
            Bad(environment: [:], yaml: "lisen: 127.0.0.1:1", words: [":1:", "lisen", "listen"]),
            Bad(environment: [:], yaml: "\n\nlog_level: loud", words: [":3:", "log_level"]),
            Bad(environment: [:], yaml: "listen: [", words: ["yaml"]),
            Bad(environment: [:], yaml: "data: \"${NOT_SET_ANYWHERE}\"", words: ["NOT_SET_ANYWHERE"]),
        ]
    )
    func refusals(_ bad: Bad) throws {
        let error = try #require(throws: SettingsError.self) { try Self.load(bad.environment, yaml: bad.yaml) }
        for word in bad.words {
            #expect(error.description.contains(word), "\(error)")
        }
    }

    @Test("A file that is not there is named")
    func missingFile() throws {
        let error = try #require(throws: SettingsError.self) {
            try ServiceSettings.load(service: "tasks", environment: [:], file: "/nowhere/tasks.yaml")
        }
        #expect(error.description.contains("/nowhere/tasks.yaml"))
    }

    @Test("A process of its own without Redis is refused in a sentence")
    func messagingNeedsRedis() throws {
        let settings = try Self.load([:])
        let error = try #require(throws: SettingsError.self) {
            try ServiceMessaging.connect(settings, logger: Logger(label: "test"))
        }
        #expect(error.description.contains("gatecast up"))
    }
}

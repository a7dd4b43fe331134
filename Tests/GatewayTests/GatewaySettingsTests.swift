// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import Edge
import Foundation
import Live
import Redis
import Sessions
import Settings
import Testing
import Tokens
import Upstreams
import Wire

@testable import Gateway

@Suite("gatecast.yaml")
struct GatewaySettingsTests {
    private let fixture: ConfigurationFixture

    init() throws { fixture = try ConfigurationFixture() }

    @Test("The file of the repository decodes as it stands")
    func repositoryFile() throws {
        let settings = try fixture.settings()
        #expect(settings.profile == .production)
        #expect(settings.edge.publicListen == ListenAddress(host: "127.0.0.1", port: 8443))
        #expect(settings.edge.internalListen == ListenAddress(host: "127.0.0.1", port: 9080))
        #expect(settings.edge.origins.map(\.description) == ["https://localhost:8443"])
        #expect(settings.edge.routes.map(\.prefix) == ["/api/users/", "/api/tasks/", "/api/notifications/", "/"])
        #expect(settings.admin.listen == ListenAddress(host: "127.0.0.1", port: 9090))
        #expect(settings.admin.token?.text == ConfigurationFixture.adminToken)
        #expect(settings.admin.hosts == ["localhost", "127.0.0.1", "::1"])
        #expect(settings.data == "var")
        #expect(settings.redis == nil)
        #expect(settings.sessions?.upstream == "users")
        #expect(settings.sessions?.key.bytes.count == 32)
        #expect(settings.issuers.map(\.iss) == ["https://localhost:8443"])
        #expect(settings.upstreams.map(\.name) == ["users", "tasks", "notifications", "web"])
        #expect(settings.live.limits.event == 65_536)
        #expect(settings.summary == "4 routes, 4 upstreams, 1 issuers, embedded stores in var/")
    }

    @Test("A Redis URL in the environment moves the stores, and its password stays out of the summary")
    func redis() throws {
        let environment = ConfigurationFixture.environment([
            "REDIS_URL": "rediss://app:pass%20word@redis.example:6380/2"
        ])
        let settings = try fixture.settings([], environment)
        #expect(settings.redis?.endpoint == "redis.example:6380")
        #expect(settings.redis?.tls == true)
        #expect(settings.redis?.database == 2)
        #expect(settings.redis?.password?.text == "pass word")
        #expect(settings.summary == "4 routes, 4 upstreams, 1 issuers, stores in Redis")
    }

    @Test("Nodes that share a Redis sign assertions with one key, or refuse to load")
    func assertionKey() throws {
        let assertion = (
            "upstream: tasks,         auth: required", "upstream: tasks, auth: required, identity: assertion"
        )
        let environment = ConfigurationFixture.environment(["REDIS_URL": "redis://redis.example:6379/0"])
        let refusal = try #require(try fixture.refusal([assertion], environment))
        #expect(refusal.contains("one key"))
        #expect(refusal.contains("identity: { keyFile:"))
        #expect(try fixture.refusal([assertion]) == nil)
    }

    @Test("What may be left out has its default")
    func defaults() throws {
        let settings = try fixture.settings([
            (", internal: \"127.0.0.1:9080\", admin: \"127.0.0.1:9090\"", ""),
            ("data:      var", "data:"),
            ("admin:     { token: \"${GATECAST_ADMIN_TOKEN}\" }", "admin:"),
            ("sessions:  { login: gatecast, upstream: users, key: \"${GATECAST_SESSION_KEY}\" }", "sessions:"),
        ])
        #expect(settings.edge.internalListen == nil)
        #expect(settings.admin.listen == ListenAddress(host: "127.0.0.1", port: 9090))
        #expect(settings.admin.token == nil)
        #expect(settings.data == "var")
        #expect(settings.sessions == nil)
    }

    @Test("What the log keeps, what Channels calls a topic and what readiness insists on are settings")
    func live() throws {
        let redis = ConfigurationFixture.environment(["REDIS_URL": "redis+sentinel://one,two/main"])
        func live(_ more: String) -> [(old: String, new: String)] {
            [("data:      var", "data: var\nready: { require: proxy }"), ("live:      {", "live:      { \(more),")]
        }
        let settings = try fixture.settings(
            live(
                """
                log: { retention: 10m, entries: 2000, memory: 8MiB, onFailover: trust }, \
                channels: { prefix: site, map: { "user_{1}": "user.{1}", news: announcements } }
                """
            ),
            redis
        )
        #expect(settings.live.log.retention == .seconds(600))
        #expect(settings.live.log.entries == 2000)
        #expect(settings.live.log.memory == 8 << 20)
        #expect(settings.live.log.onFailover == .trust)
        #expect(settings.live.channels.prefix == "site")
        #expect(settings.live.channels.rules.map(\.description) == ["user_{1} → user.{1}", "news → announcements"])
        #expect(settings.ready == .proxy)
        #expect(settings.redis?.sentinels?.master == "main")
        #expect(try fixture.settings().ready == .live)

        for (wrong, words) in [
            ("channels: { map: { \"user_{1}\": \"user.{2}\" } }", "not caught"),
            ("channels: { map: { \"a*\": b } }", "stands in no group"), ("channels: { prefix: \"*\" }", "prefix: asgi"),
            ("log: { memory: 1000 }", "1MiB"), ("log: { onFailover: hope }", "reset, trust"),
            ("log: { retention: 1s }", "retention"), ("limits: { inFlight: 1KiB }", "16KiB"),
        ] {
            let refusal = try #require(try fixture.refusal(live(wrong), redis), "\(wrong)")
            #expect(refusal.contains(words), "\(refusal)")
        }
        let alone = try #require(try fixture.refusal(live("channels: { map: { news: announcements } }")))
        #expect(alone.contains("redis.url"), "\(alone)")
    }

    @Test("An empty admin token is none at all")
    func emptyToken() throws {
        let settings = try fixture.settings([], ConfigurationFixture.environment(["GATECAST_ADMIN_TOKEN": ""]))
        #expect(settings.admin.token == nil)
    }

    @Test(
        "Everything wrong is told with its line and what to write",
        arguments: [
            ("data:  ", "dta:  ", "dta: unknown key (did you mean data?)"),
            ("data:  ", "zebra:  ", "zebra: unknown key"),
            (
                "admin: \"127.0.0.1:9090\"", "adnim: \"127.0.0.1:9090\"",
                "listen.adnim: unknown key (did you mean admin?)"
            ),
            ("{ token: \"${GATECAST", "{ tokens: \"${GATECAST", "admin.tokens: unknown key (did you mean token?)"),
            ("{ url: \"${REDIS", "{ urls: \"${REDIS", "redis.urls: unknown key (did you mean url?)"),
            ("topics: { allow", "topics: { alow", "live.topics.alow: unknown key (did you mean allow?)"),
            ("session: pass }", "sesion: pass }", "routes[3].sesion: unknown key (did you mean session?)"),
            ("auth: optional }", "}", "routes[0].auth: missing. Write: auth: required, optional or none"),
            ("public: \"127.0.0.1:8443\"", "public: \"127.0.0.1\"", "listen.public: 127.0.0.1 has no port"),
            (
                "public: \"127.0.0.1:8443\"", "public: \"127.0.0.1:70000\"",
                "listen.public: 127.0.0.1:70000 has no port from 0 to 65535"
            ),
            (
                "admin: \"127.0.0.1:9090\"", "admin: \"0.0.0.0:9090\"",
                "listen.admin: the admin listener speaks plain HTTP, and 0.0.0.0 is not loopback. Write: 127.0.0.1:9090"
            ),
            (
                "internal: \"127.0.0.1:9080\"", "internal: \"0.0.0.0:9080\"",
                "listen.internal: the internal listener trusts its peers, and 0.0.0.0 is not loopback"
            ),
            (
                "\"${GATECAST_ADMIN_TOKEN}\"", "fifteen-bytes-a",
                "admin.token: the admin token has fewer than 16 bytes. Write: a random one: openssl rand -base64 32"
            ),
            (
                "upstream: users, key", "upstream: people, key",
                "sessions: sessions.upstream \"people\" is not under upstreams. "
                    + "Write: upstream: one of notifications, tasks, users, web"
            ),
            ("\"${REDIS_URL:-}\"", "\"http://localhost:6379\"", "redis.url: is no Redis URL"),
            ("\"${GATECAST_SESSION_KEY}\"", "c2hvcnQ=", "sessions.key: not 32 bytes in base64"),
            (
                "\"${GATECAST_SESSION_KEY}\"", "\"${NOT_SET}\"",
                "sessions.key: the environment variable NOT_SET is not set"
            ),
        ]
    )
    func refusals(_ old: String, _ new: String, _ sentence: String) throws {
        let refusal = try #require(try fixture.refusal([(old, new)]))
        #expect(refusal.hasPrefix("gatecast.yaml:\(try fixture.line(of: old)): \(sentence)"), "\(refusal)")
    }

    @Test(
        "What has no default is asked for",
        arguments: [
            (
                "listen:    {", "listne:    {",
                "listen: missing, but there is \"listne\". Write: listen: { public: \"127.0.0.1:8443\" }"
            ),
            ("public: \"127.0.0.1:8443\", ", "", "listen.public: missing. Write: public: \"127.0.0.1:8443\""),
            (
                "origins:  ", "orgins:  ",
                "origins: missing, but there is \"orgins\". Write: origins: [\"https://localhost:8443\"]"
            ),
            ("tls:  ", "ssl:  ", "tls: missing. Write: tls: {"),
        ]
    )
    func missing(_ old: String, _ new: String, _ sentence: String) throws {
        let refusal = try #require(try fixture.refusal([(old, new)]))
        #expect(refusal.contains(": \(sentence)"), "\(refusal)")
    }

    @Test("An issuer stands once")
    func duplicateIssuer() throws {
        let entry =
            "  - { iss: \"https://localhost:8443\", aud: gatecast, jwks: \"http://127.0.0.1:8101/.well-known/jwks.json\" }\n"
        let refusal = try #require(try fixture.refusal([(entry, entry + entry)]))
        let line = try fixture.line(of: entry.trimmingCharacters(in: .newlines)) + 1
        #expect(refusal.hasPrefix("gatecast.yaml:\(line): issuers[1]: a second profile for iss https://localhost:8443"))
    }

    @Test(
        "A Redis URL that cannot be read is never repeated",
        arguments: [
            "http://app:hunter2@redis:6379", "redis://hunter2@redis:6379", "redis://app:hunter2@redis:port",
            "redis://app:hunter2@redis:6379/hunter2", "redis://app:hunter2%zz@redis", "redis://app:hunter2@", "hunter2",
        ]
    )
    func redisPassword(_ url: String) throws {
        let refusal = try #require(try fixture.refusal([], ConfigurationFixture.environment(["REDIS_URL": url])))
        #expect(refusal.contains("redis.url: is no Redis URL"))
        #expect(!refusal.contains("hunter2"))
    }

    @Test("Secrets stay out of every printed form of the settings")
    func secrets() throws {
        let environment = ConfigurationFixture.environment(["REDIS_URL": "redis://app:hunter2@redis:6379"])
        var dumped = ""
        dump(try fixture.settings([], environment), to: &dumped)
        #expect("\(try fixture.settings([], environment))".contains("hunter2") == false)
        #expect("\(try fixture.settings([], environment))".contains(ConfigurationFixture.adminToken) == false)
        #expect(dumped.contains("hunter2") == false)
        #expect(dumped.contains(ConfigurationFixture.adminToken) == false)
    }

    @Test("The admin part alone decodes where no other secret is set")
    func adminOnly() throws {
        let file = try fixture.file()
        let admin = try GatewaySettings.adminOnly(
            file: file,
            environment: ["GATECAST_ADMIN_TOKEN": ConfigurationFixture.adminToken]
        )
        #expect(admin.listen == ListenAddress(host: "127.0.0.1", port: 9090))
        #expect(admin.token?.text == ConfigurationFixture.adminToken)
        #expect(try GatewaySettings.adminOnly(file: file, environment: [:]).token == nil)
    }

    @Test("A file that is not there is named, with what to do")
    func missingFile() {
        let error = #expect(throws: SettingsError.self) {
            try GatewaySettings.load(file: fixture.folder + "/none.yaml", environment: [:])
        }
        #expect(
            error?.description
                == "\(fixture.folder)/none.yaml:1: cannot be read. "
                + "Write: an existing file of UTF-8 text, named with --config; README.md shows one"
        )
    }
}

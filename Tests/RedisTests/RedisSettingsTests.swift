// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import Redis
import Settings
import Testing

@Suite("RedisSettings")
struct RedisSettingsTests {
    @Test("A URL gives host, port, database, user and password")
    func full() throws {
        let settings = try RedisSettings(url: "redis://gate:p%40ss%2Fw%3Ard@redis.internal:6380/3")
        #expect(settings.host == "redis.internal")
        #expect(settings.port == 6380)
        #expect(settings.database == 3)
        #expect(settings.username == "gate")
        #expect(settings.password.map { RedisArgument($0) } == .bytes(Array("p@ss/w:rd".utf8)))
        #expect(!settings.tls)
        #expect(settings.endpoint == "redis.internal:6380")
    }

    @Test("What a URL leaves out has its default")
    func short() throws {
        let settings = try RedisSettings(url: "redis://localhost")
        #expect(settings.port == 6379)
        #expect(settings.database == 0)
        #expect(settings.username == nil)
        #expect(settings.password == nil)
        #expect(try RedisSettings(url: "redis://:secret@localhost").username == nil)
    }

    @Test("rediss is TLS and may name its authority")
    func tls() throws {
        let settings = try RedisSettings(url: "rediss://[::1]:6390/?ca=/etc/our%20ca.pem")
        #expect(settings.tls)
        #expect(settings.host == "::1")
        #expect(settings.endpoint == "[::1]:6390")
        #expect(settings.certificateAuthority == "/etc/our ca.pem")
    }

    @Test("Sentinels are a list, with the master's name as path")
    func sentinels() throws {
        let settings = try RedisSettings(
            url: "rediss+sentinel://gate:secret@one,[::1]:26380/my%20main/3?ca=/ca.pem&sentinelPassword=p%26q"
        )
        let sentinels = try #require(settings.sentinels)
        #expect(sentinels.addresses == [.tcp(host: "one", port: 26379), .tcp(host: "::1", port: 26380)])
        #expect(sentinels.master == "my main")
        #expect(sentinels.password?.text == "p&q")
        #expect(settings.database == 3)
        #expect(settings.username == "gate")
        #expect(settings.tls)
        #expect(settings.certificateAuthority == "/ca.pem")
        #expect(settings.endpoint == "my main of one:26379, [::1]:26380")
    }

    @Test(
        "A URL that cannot be used is refused without its password in the message",
        arguments: [
            "http://:hunter2@h", "redis://", "redis://:hunter2@", "redis://:hunter2@h:0", "redis://:hunter2@h:65536",
            "redis://:hunter2@h:6379/x", "redis://:hunter2@h:6379/-1", "redis://hunter2@h", "redis://:hunter2%zz@h",
            "redis://:hunter2@h?ca=/x", "rediss://:hunter2@h?db=1", "redis://:hunter2@[::1", "redis://:hunter2@a b",
            "hunter2", "unix://:hunter2@run/redis.sock", "unix:///x?ca=hunter2", "unix:///x?db=hunter2", "unix:///x?db",
            "redis+sentinel://:hunter2@h", "redis+sentinel://:hunter2@h/", "redis+sentinel://:hunter2@h,/m",
            "redis+sentinel://h:0/m?sentinelPassword=hunter2", "redis+sentinel://h/m/x?sentinelPassword=hunter2",
            "redis+sentinel://h/m?ca=hunter2", "redis://h?sentinelPassword=hunter2",
            "redis+sentinel://h/m?sentinelPassword=",
            "redis://:@h",
        ]
    )
    func refused(_ url: String) throws {
        let error = try #require(throws: RedisError.self) { _ = try RedisSettings(url: url) }
        #expect(error.code == .invalid)
        #expect(!error.description.contains("hunter2"))
    }

    @Test("The back-off doubles to its limit, jitters fully, and starts again after a success")
    func backoff() {
        var backoff = RedisBackoff()
        let ceilings = (0..<8).map { _ in backoff.next(random: 1) }
        #expect(ceilings == [100, 200, 400, 800, 1600, 3200, 5000, 5000].map { .milliseconds($0) })
        #expect(backoff.next(random: 0) == .zero)
        backoff.reset()
        #expect(backoff.next(random: 0.5) == .milliseconds(50))
    }
}

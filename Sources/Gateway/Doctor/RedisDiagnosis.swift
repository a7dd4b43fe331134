// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation
internal import Redis

/// What a Redis's settings mean for sessions and the log (live.md §3, interop.md §5). Pure.
struct RedisDiagnosis {
    var seen: RedisProbe.Observation
    var now: Date

    private static let subject = "redis"

    static func unreachable(_ error: RedisError) -> [Finding] {
        let fix = "start Redis, or correct redis.url (user, password, port, rediss:// for TLS)"
        return [Finding(.problem, "redis-reachable", subject, saw: "\(error)", fix: fix)]
    }

    func findings() -> [Finding] {
        [version, role, cluster, eviction, persistence, everything, clock, consumers].compactMap { $0() }
    }

    private func version() -> Finding? {
        guard let text = seen.info["redis_version"], let major = Int(text.prefix { $0 != "." }), major < 7 else {
            return nil
        }
        return finding(
            .problem,
            "redis-version",
            saw: "Redis \(text)",
            fix: "Redis 7.0 or later: the log counts by entries-added"
        )
    }

    private func role() -> Finding? {
        guard let role = seen.info["role"], role != "master" else { return nil }
        let fix = "redis.url with the primary's address, or Sentinel's"
        return finding(.problem, "redis-role", saw: "this is a \(role): it accepts no writes", fix: fix)
    }

    private func cluster() -> Finding? {
        guard seen.info["cluster_enabled"] == "1" else { return nil }
        let fix = "one instance, or a primary with replicas"
        return finding(
            .problem,
            "redis-cluster",
            saw: "cluster mode: keys of one script lie on several nodes",
            fix: fix
        )
    }

    private func eviction() -> Finding? {
        guard let policy = seen.info["maxmemory_policy"] ?? seen.config["maxmemory-policy"], policy != "noeviction"
        else {
            return nil
        }
        let limit = Int(seen.info["maxmemory"] ?? seen.config["maxmemory"] ?? "0") ?? 0
        return finding(
            limit > 0 ? .problem : .warning,
            "redis-maxmemory-policy",
            saw:
                "maxmemory-policy \(policy)\(limit > 0 ? "" : ", without maxmemory so far"): sessions and the log vanish without an end",
            fix: "CONFIG SET maxmemory-policy noeviction, and the same line in redis.conf"
        )
    }

    private func persistence() -> Finding? {
        guard seen.info["aof_enabled"] == "0" else { return nil }
        let saves = seen.config["save"]
        let isOff = saves?.isEmpty == true
        return finding(
            .warning,
            "redis-persistence",
            saw: isOff
                ? "neither append-only file nor snapshots: a restart signs everybody out and resets every live client"
                : "snapshots alone: a crash loses the sessions and events since the last",
            fix: "CONFIG SET appendonly yes, and the same line in redis.conf"
        )
    }

    private func everything() -> Finding? {
        guard seen.strangers > 0 else { return nil }
        return finding(
            .warning,
            "redis-psubscribe-everything",
            saw:
                "\(seen.strangers) subscriber(s) to every channel (PSUBSCRIBE *): they read sessions' ends, events and task results, of all databases",
            fix: "subscribe to named channels there (live.*, asgi__group__*), or give that client an ACL without &*"
        )
    }

    private func clock() -> Finding? {
        guard let time = seen.time, abs(time - now.timeIntervalSince1970) > 20 else { return nil }
        let skew = time - now.timeIntervalSince1970
        return finding(
            .warning,
            "clock-skew",
            saw: "its clock is \(Int(abs(skew))) s \(skew > 0 ? "ahead of" : "behind") this one",
            fix: "run chrony or systemd-timesyncd on both machines"
        )
    }

    /// redis-py 8 gave itself a socket timeout, and blocking consumers of the Channels core layer die of it.
    private func consumers() -> Finding? {
        let isNew = seen.clients.contains { line in
            guard line.contains("lib-name=redis-py"), let range = line.range(of: "lib-ver=") else { return false }
            return Int(line[range.upperBound...].prefix { $0.isNumber }).map { $0 >= 8 } ?? false
        }
        guard isNew else { return nil }
        return finding(
            .note,
            "redis-py-socket-timeout",
            saw: "a client of redis-py 8 or later, whose socket_timeout of 5 s ends idle Channels consumers with 1011",
            fix: "\"socket_timeout\": None in the host of CHANNEL_LAYERS"
        )
    }

    private func finding(_ level: Finding.Level, _ check: String, saw: String, fix: String) -> Finding {
        Finding(level, check, Self.subject, saw: saw, fix: fix)
    }
}

// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation
internal import NIOCore
internal import Redis

/// What a Redis says about itself. One connection, reading commands, and one message on a channel nobody can know.
struct RedisProbe {
    struct Observation: Sendable {
        /// `INFO`, by name.
        var info: [String: String] = [:]
        /// `CONFIG GET`; empty where it is not allowed.
        var config: [String: String] = [:]
        /// How many subscribers a channel had that nobody could know by name: they asked for everything.
        var strangers = 0
        /// Unix seconds.
        var time: TimeInterval?
        /// `CLIENT LIST`, a line each.
        var clients: [String] = []
    }

    var settings: RedisSettings
    var loop: any EventLoop

    func observe() async -> Result<Observation, RedisError> {
        do throws(RedisError) {
            let connection = try await RedisConnection.connect(settings: settings, on: loop)
            defer { connection.close() }
            let replies = try await connection.pipeline(
                [
                    ["INFO"], ["CONFIG", "GET", "*"],
                    ["PUBLISH", .string("gatecast:doctor:\(UUID().uuidString)"), "-"],
                    ["TIME"], ["CLIENT", "LIST"],
                ],
                timeout: .seconds(3)
            )
            var seen = Observation()
            seen.info = Self.lines(replies[0].string ?? "")
            let config = replies[1].array ?? []
            for index in stride(from: 0, to: config.count - 1, by: 2) {
                if let name = config[index].string, let value = config[index + 1].string { seen.config[name] = value }
            }
            seen.strangers = Int(replies[2].integer ?? 0)
            seen.time = replies[3].array?.first?.integer.map { TimeInterval($0) }
            seen.clients = (replies[4].string ?? "").split(separator: "\n").map(String.init)
            return .success(seen)
        } catch {
            return .failure(error)
        }
    }

    private static func lines(_ text: String) -> [String: String] {
        var lines: [String: String] = [:]
        for line in text.split(whereSeparator: \.isNewline) {
            let parts = line.split(separator: ":", maxSplits: 1)
            if parts.count == 2 { lines[String(parts[0])] = String(parts[1]) }
        }
        return lines
    }
}

// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import NIOCore
internal import Synchronization

/// Finds the master by asking one Sentinel after another. A Sentinel that is down, or knows no such master, is passed over.
final class SentinelQuery: Sendable {
    private let sentinels: RedisSentinels
    private let preferred = Mutex(0)

    init(_ sentinels: RedisSentinels) { self.sentinels = sentinels }

    /// - Parameter ask: sends the question to that Sentinel and closes the connection.
    /// - Throws: `.unavailable` with what each of them said.
    func master(
        _ ask: (RedisAddress, [RedisArgument]) async throws(RedisError) -> RESPValue
    ) async throws(RedisError) -> RedisAddress {
        let question: [RedisArgument] = ["SENTINEL", "GET-MASTER-ADDR-BY-NAME", .string(sentinels.master)]
        let first = preferred.withLock { $0 }
        var refusals: [String] = []
        for offset in sentinels.addresses.indices {
            let index = (first + offset) % sentinels.addresses.count
            let sentinel = sentinels.addresses[index]
            do throws(RedisError) {
                let answer = try await ask(sentinel, question)
                guard let parts = answer.array, parts.count == 2, let host = parts[0].string,
                    let port = parts[1].integer, (1...65_535).contains(port)
                else {
                    refusals.append("\(sentinel) knows no master \(sentinels.master)")
                    continue
                }
                preferred.withLock { $0 = index }
                return .tcp(host: host, port: Int(port))
            } catch {
                refusals.append("\(sentinel): \(error)")
            }
        }
        throw RedisError(.unavailable, "no Sentinel named the master: " + refusals.joined(separator: "; "))
    }
}

// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Crypto
internal import NIOCore
package import Redis
internal import Synchronization
internal import Tokens

/// Counts that several nodes share: one script, one round trip, at most 50 ms (proxy.md §12). Whatever goes wrong, the
/// node's own count, which was asked first, has decided already.
package final class SharedRateLimits: Sendable {
    /// After a late answer Redis is left alone that long: a stalled one must not cost every request the bound.
    private static let rest = TimeAmount.seconds(1)

    /// KEYS: one per charge. ARGV: for each its interval and burst in µs, and 1 if it is only asked about. By the server's own
    /// clock, so that nodes need not agree on theirs. All are taken or none. Returns {index, wait in µs} of the longest wait, or {0, 0}.
    private static let script = """
        local time = redis.call('TIME')
        local now = time[1] * 1000000 + time[2]
        local arrivals, index, longest = {}, 0, 0
        for i = 1, #KEYS do
          local arrival = tonumber(redis.call('GET', KEYS[i]) or now)
          if arrival < now then arrival = now end
          local wait = arrival - tonumber(ARGV[3 * i - 1]) - now
          if wait > longest then index, longest = i, wait end
          arrivals[i] = arrival
        end
        if index > 0 then return { index, longest } end
        for i = 1, #KEYS do
          if ARGV[3 * i] == '0' then
            local arrival = arrivals[i] + tonumber(ARGV[3 * i - 2])
            redis.call('SET', KEYS[i], string.format('%.0f', arrival), 'PX', math.ceil((arrival - now) / 1000))
          end
        end
        return { 0, 0 }
        """

    private enum Reply: Sendable { case admitted, denied(Int, TimeAmount), failed }

    private let client: RedisClient
    private let bound: TimeAmount
    private let restsUntil = Atomic<UInt64>(0)

    /// - Parameter bound: how long an answer is waited for.
    package init(client: RedisClient, bound: Duration = .milliseconds(50)) {
        self.client = client
        self.bound = TimeAmount(bound)
    }

    /// The charge that denies and how long; `nil`: admitted, or Redis cannot say.
    func admit(_ charges: [RateCharge]) async -> (charge: RateCharge, wait: TimeAmount)? {
        let charges = charges.filter { !$0.limit.isOff }
        guard !charges.isEmpty else { return nil }
        guard self.restsUntil.load(ordering: .relaxed) < NIODeadline.now().uptimeNanoseconds else {
            RateLimitMetrics.fellBack()
            return nil
        }
        switch await self.bounded(charges) {
        case .admitted:
            return nil
        case .denied(let index, let wait):
            return charges.indices.contains(index) ? (charges[index], wait) : nil
        case .failed:
            self.restsUntil.store((.now() + Self.rest).uptimeNanoseconds, ordering: .relaxed)
            RateLimitMetrics.fellBack()
            return nil
        }
    }

    private func bounded(_ charges: [RateCharge]) async -> Reply {
        let loop = self.client.anyEventLoop()
        let promise = loop.makePromise(of: Reply.self)
        // Outlives the bound: the connection matches replies in order, so a late one has to be waited for.
        let asking = Task { promise.succeed(await self.ask(charges)) }
        let timeout = loop.scheduleTask(in: self.bound) { promise.succeed(.failed) }
        defer { timeout.cancel() }
        do { return try await promise.futureResult.get() } catch {
            asking.cancel()
            return .failed
        }
    }

    private func ask(_ charges: [RateCharge]) async -> Reply {
        var keys: [RedisArgument] = []
        var arguments: [RedisArgument] = []
        for charge in charges {
            keys.append(.string("gatecast:rate:\(charge.name.store):\(Self.hash(charge.key))"))
            let (period, interval) = (Self.micro(charge.limit.period), Self.micro(charge.limit.interval))
            arguments += [
                RedisArgument(interval), RedisArgument(period - interval), RedisArgument(charge.isCheck ? 1 : 0),
            ]
        }
        do throws(RedisError) {
            let reply = try await self.client.eval(Self.script, keys: keys, arguments: arguments).array
            guard let index = reply?.first?.integer, let wait = reply?.last?.integer else { return .failed }
            return index == 0 ? .admitted : .denied(Int(index) - 1, .microseconds(Int64(wait)))
        } catch {
            return .failed
        }
    }

    private static func micro(_ duration: Duration) -> Int { max(1, Int(TimeAmount(duration).nanoseconds / 1_000)) }

    /// 128 bits of SHA-256: names and addresses do not stand in Redis as they are.
    private static func hash(_ key: [UInt8]) -> String { Base64URL.encode(Array(SHA256.hash(data: key).prefix(16))) }
}

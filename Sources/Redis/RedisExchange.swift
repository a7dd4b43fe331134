// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

/// The commands of one call and the one who waits for their replies. Loop-bound with its handler.
final class RedisExchange {
    typealias Answer = Result<[RESPValue], RedisError>

    private var values: [RESPValue] = []
    private var missing: Int
    private var waiter: CheckedContinuation<Answer, Never>?

    init(commands: Int, waiter: CheckedContinuation<Answer, Never>) {
        self.missing = commands
        self.waiter = waiter
        values.reserveCapacity(commands)
    }

    func receive(_ value: RESPValue) {
        values.append(value)
        missing -= 1
        guard missing == 0 else { return }
        waiter?.resume(returning: .success(values))
        waiter = nil
    }

    /// Only the first call has an effect: commands of one exchange fail together.
    func fail(_ error: RedisError) {
        waiter?.resume(returning: .failure(error))
        waiter = nil
    }
}

@available(*, unavailable)
extension RedisExchange: Sendable {}

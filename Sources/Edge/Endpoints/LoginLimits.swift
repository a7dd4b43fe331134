// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import NIOCore
internal import Synchronization

/// Login limits of one node (proxy.md §12): failures by account, calls by address. Shared by all loops; a login costs a
/// password hash, so the lock is not what limits it.
final class LoginLimits: Sendable {
    private struct State: Sendable {
        /// By a hash no client can foresee: the names themselves are 4 KiB long if a client likes.
        var failures: RateLimiter<Int>
        var calls: RateLimiter<[UInt8]>
    }

    private let state: Mutex<State>

    init(_ limits: EdgeLimits) {
        self.state = Mutex(
            State(
                failures: RateLimiter(count: limits.loginFailuresPerAccount, per: .minutes(1)),
                calls: RateLimiter(count: limits.loginsPerAddress, per: .minutes(1))
            )
        )
    }

    /// Before the backend is asked. `account` is `nil` where none was named.
    func admit(address: [UInt8], account: String?, now: NIODeadline) throws(Refusal) {
        let wait = self.state.withLock { state -> TimeAmount? in
            if let wait = state.calls.admit(address, now: now) { return wait }
            return account.flatMap { state.failures.wait($0.hashValue, now: now) }
        }
        guard let wait else { return }
        let seconds = min(60, max(1, Int((wait.nanoseconds + 999_999_999) / 1_000_000_000)))
        throw Refusal(.rateLimited, "Too many attempts. Try again in \(seconds) s.", retryAfter: seconds)
    }

    /// After the backend refused the credentials.
    func failed(account: String, now: NIODeadline) {
        self.state.withLock { _ = $0.failures.admit(account.hashValue, now: now) }
    }
}

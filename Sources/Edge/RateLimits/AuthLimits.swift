// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import NIOCore
internal import Synchronization

/// Limits of `/auth` on one node (proxy.md §12): failed logins by account, login and registration by address, everything else
/// by session; with Redis also over all nodes. A login costs a password hash, so the lock is not what limits it.
final class AuthLimits: Sendable {
    private struct State: Sendable {
        /// By a hash no client can foresee: the names themselves are 4 KiB long if a client likes.
        var failures: RateLimiter<Int>
        var calls: RateLimiter<[UInt8]>
        var sessions: RateLimiter<[UInt8]>
    }

    private let perAccount: RateLimit
    private let perAddress: RateLimit
    private let perSession: RateLimit
    private let shared: SharedRateLimits?
    private let state: Mutex<State>

    init(_ limits: EdgeLimits, shared: SharedRateLimits? = nil) {
        self.perAccount = RateLimit(limits.loginFailuresPerAccount, per: .seconds(60))
        self.perAddress = RateLimit(limits.loginsPerAddress, per: .seconds(60))
        self.perSession = RateLimit(limits.authPerSession, per: .seconds(60))
        self.shared = shared
        self.state = Mutex(
            State(
                failures: RateLimiter(self.perAccount),
                calls: RateLimiter(self.perAddress),
                sessions: RateLimiter(self.perSession)
            )
        )
    }

    /// Before the backend is asked. `account` is `nil` where none was named; else the attempt counts as failed until `passed` says
    /// otherwise, so that guesses made at the same time do not slip past the limit together.
    func admit(address: [UInt8], account: String?, now: NIODeadline) async throws {
        var charges = [RateCharge(name: .loginAddress, limit: self.perAddress, key: address)]
        if let denial = self.state.withLock({ $0.calls.admit(address, now: now) }) {
            throw charges[0].refusal(wait: denial.wait, inARow: denial.inARow)
        }
        if let account {
            let charge = self.charge(account, isCheck: true)
            if let denial = self.state.withLock({ $0.failures.admit(account.hashValue, now: now) }) {
                throw charge.refusal(wait: denial.wait, inARow: denial.inARow)
            }
            charges.append(charge)
        }
        if let (charge, wait) = await self.shared?.admit(charges) { throw charge.refusal(wait: wait) }
    }

    /// The attempt was no wrong guess: the credentials are right, or nobody could say.
    func passed(account: String) {
        self.state.withLock { $0.failures.refund(account.hashValue) }
    }

    /// After the backend refused the credentials: other nodes hear of it.
    func failed(account: String) async {
        _ = await self.shared?.admit([self.charge(account, isCheck: false)])
    }

    /// Everything under `/auth` that is neither login nor registration. Without a session there is nothing to ask much for.
    func admit(session: [UInt8], now: NIODeadline) async throws {
        let charge = RateCharge(name: .authSession, limit: self.perSession, key: session)
        if let denial = self.state.withLock({ $0.sessions.admit(session, now: now) }) {
            throw charge.refusal(wait: denial.wait, inARow: denial.inARow)
        }
        if let (charge, wait) = await self.shared?.admit([charge]) { throw charge.refusal(wait: wait) }
    }

    private func charge(_ account: String, isCheck: Bool) -> RateCharge {
        RateCharge(name: .loginAccount, limit: self.perAccount, key: Array(account.utf8), isCheck: isCheck)
    }
}

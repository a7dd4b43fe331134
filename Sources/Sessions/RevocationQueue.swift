// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Logging
internal import Metrics

/// Revokes refresh tokens at the backend in the background, each with its own retries after 1, 2, 4 … 30 s.
///
/// Bounded: 1,024 wait, 16 are under way; one more than that is given up with a log line, as is a token after 8 tries. The
/// session itself is gone by then; what is left runs out by itself.
struct RevocationQueue: Sendable {
    static let waiting = 1024
    static let underWay = 16
    static let tries = 8

    private let provider: any IdentityProvider
    private let clock: SessionClock
    private let logger: Logger
    private let tokens: AsyncStream<String>
    private let intake: AsyncStream<String>.Continuation

    init(provider: any IdentityProvider, clock: SessionClock, logger: Logger) {
        self.provider = provider
        self.clock = clock
        self.logger = logger
        (self.tokens, self.intake) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(Self.waiting))
    }

    func add(_ token: String) {
        if case .dropped = intake.yield(token) { giveUp("too many waiting") }
    }

    /// Until cancelled. Call it once.
    func run() async {
        await withDiscardingTaskGroup { group in
            let places = Places(Self.underWay)
            for await token in tokens {
                await places.take()
                group.addTask {
                    await revoke(token)
                    await places.giveBack()
                }
            }
        }
    }

    private func revoke(_ token: String) async {
        var wait = 1
        for attempt in 1...Self.tries {
            do throws(IdentityError) {
                try await provider.revoke(token)
                return
            } catch {
                switch error {
                case .notOffered, .refused, .invalidCredentials, .validationFailed:
                    // Nothing to revoke, or nothing left to.
                    return
                case .noAnswer, .unavailable, .unreadable, .throttled:
                    if attempt == Self.tries { return giveUp("\(error)") }
                }
            }
            do {
                try await clock.sleep(.seconds(wait))
            } catch {
                return giveUp("shutting down")
            }
            wait = min(wait * 2, 30)
        }
    }

    private func giveUp(_ reason: String) {
        logger.warning("a refresh token was not revoked at the backend", metadata: ["reason": "\(reason)"])
        Counter(label: "gatecast_revocations_given_up_total").increment()
    }
}

/// A counting semaphore for one taker.
private actor Places {
    private var free: Int
    private var taker: CheckedContinuation<Void, Never>?

    init(_ count: Int) {
        self.free = count
    }

    func take() async {
        if free > 0 {
            free -= 1
        } else {
            await withCheckedContinuation { taker = $0 }
        }
    }

    func giveBack() {
        if let taker {
            self.taker = nil
            taker.resume()
        } else {
            free += 1
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Logging
internal import ServiceLifecycle
internal import StrictJSON
internal import Synchronization
internal import Tokens

/// The signing keys of a running service: follows the schedule, and what `users-service keys` did beside it, within ten
/// seconds. Tokens are signed with a snapshot, without waiting.
final class KeyRing: Service, KeySetSource, Sendable {
    struct Snapshot: Sendable {
        let signing: SigningKey
        let published: [SigningKey]
    }

    /// How long a verifier may keep the published set, in seconds; far below `KeySchedule.lead`.
    static let maxAge: Int64 = 600
    private static let poll: Duration = .seconds(10)

    private let repository: SigningKeyRepository
    private let schedule: KeySchedule
    /// Unix seconds.
    private let now: @Sendable () -> Int64
    private let logger: Logger
    private let state: Mutex<Snapshot>

    /// Makes the first key where there is none.
    init(
        repository: SigningKeyRepository,
        schedule: KeySchedule,
        now: @escaping @Sendable () -> Int64,
        logger: Logger
    ) async throws {
        self.repository = repository
        self.schedule = schedule
        self.now = now
        self.logger = logger
        try await repository.adopt(now: now())
        self.state = Mutex(try await Self.follow(schedule, repository, known: [], now: now(), logger))
    }

    var snapshot: Snapshot { self.state.withLock { $0 } }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                do { try await Task.sleep(for: Self.poll) } catch { return }  // cancelled
                await self.refresh()
            }
        }
    }

    /// On an error everything stays as it is: a key too old is better than no login.
    func refresh() async {
        do {
            let known = self.snapshot.published
            let new = try await Self.follow(self.schedule, self.repository, known: known, now: self.now(), self.logger)
            let before = self.state.withLock { state in
                defer { state = new }
                return state.signing.kid
            }
            if before != new.signing.kid {
                self.logger.notice("signing with another key", metadata: ["kid": "\(new.signing.kid)"])
            }
        } catch {
            self.logger.error("signing keys not refreshed, the old ones stay", metadata: ["error": "\(error)"])
        }
    }

    /// For our own `TokenAuthority`: what others fetch over HTTP.
    func fetch(_ url: String) async throws(KeySetFetchError) -> FetchedKeySet {
        do {
            let keys = try KeySet(jwks: SigningKey.jwks(self.snapshot.published).encoded())
            return FetchedKeySet(keys: keys, maxAge: .seconds(60))
        } catch {
            throw KeySetFetchError(.unreadable, "\(error)")
        }
    }

    private static func follow(
        _ schedule: KeySchedule,
        _ repository: SigningKeyRepository,
        known: [SigningKey],
        now: Int64,
        _ logger: Logger
    ) async throws -> Snapshot {
        if let made = try await repository.create(schedule, now: now) {
            logger.notice("signing key made", metadata: ["kid": "\(made.kid)", "signs_from": "\(made.signsFrom)"])
        }
        let plan = try await schedule.plan(repository.all(), now: now)
        for kid in plan.dropped {
            try await repository.drop(kid)
            logger.notice("signing key dropped", metadata: ["kid": "\(kid)"])
        }
        var published: [SigningKey] = []
        for kid in plan.published {
            if let key = known.first(where: { $0.kid == kid }) {
                published.append(key)
            } else if let key = try await repository.load(kid) {
                published.append(key)
            }
        }
        guard let signing = published.first(where: { $0.kid == plan.signing }) else {
            throw SigningKeyRepository.Fault(
                description: "no signing key is left; run: users-service keys rotate --now"
            )
        }
        return Snapshot(signing: signing, published: published)
    }
}

// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import Foundation
import NIOPosix
import Redis
import Sessions
import TestSupport
import Testing
import Tokens

/// What both stores promise, and what the service makes of it.
@Suite("Revocation of bearer tokens")
struct RevokedTokensTests {
    private static let secret = testKey
    private let clock = ManualClock(now: Date(timeIntervalSince1970: Date().timeIntervalSince1970.rounded(.down)))

    private func with(
        _ kind: SessionStoreContractTests.Kind,
        capacity: Int = RevocationList.defaultCapacity,
        _ body: (any RevokedTokenStore, RedisClient?) async throws -> Void
    ) async throws {
        switch kind {
        case .sqlite:
            let path = FileManager.default.temporaryDirectory.path + "/gatecast-\(UUID().uuidString)/r.sqlite"
            try await body(try SQLiteRevokedTokenStore(path: path, capacity: capacity), nil)
        case .redis:
            try await RedisProcess.with { server in
                let client = try RedisClient(
                    settings: server.settings,
                    group: MultiThreadedEventLoopGroup.singleton,
                    logger: quiet
                )
                let running = Task { try await client.run() }
                defer { running.cancel() }
                try await client.waitUntilConnected()
                try await body(RedisRevokedTokenStore(client: client, capacity: capacity, logger: quiet), client)
            }
        }
    }

    private func authority() -> TokenAuthority {
        let profile = IssuerProfile(iss: "https://issuer.test", audience: ["gatecast"], source: .secret(Self.secret))
        return TokenAuthority(profiles: [profile], source: NoKeys(), logger: quiet)
    }

    private func token(_ user: String) throws -> String {
        try TokenIssuer(issuer: "https://issuer.test", audience: ["gatecast"], secret: Self.secret)
            .issue(subject: user, lifetime: .seconds(600), now: clock.unixNow)
    }

    private func isAccepted(_ token: String, by authority: TokenAuthority) -> Bool {
        do throws(TokenError) {
            _ = try authority.verifyNow(token, now: clock.unixNow)
            return true
        } catch {
            return false
        }
    }

    @Test("What was added is there, widened, until it is over", arguments: SessionStoreContractTests.Kind.available)
    func contract(_ kind: SessionStoreContractTests.Kind) async throws {
        try await with(kind, capacity: 3) { store, _ in try await contract(of: store) }
    }

    private func contract(of store: any RevokedTokenStore) async throws {
        let now: Int64 = 1_000
        #expect(try await store.version() == 0)
        let first = RevocationList.Entry(.token("ä b"), issuer: "https://issuer.test", until: 1_010)
        let second = RevocationList.Entry(.user("42", issuedUntil: 999), until: 1_020)
        #expect(try await store.add(first, now: now))
        #expect(try await store.add(second, now: now))
        #expect(try await store.version() == 2)
        #expect(try await Set(store.all(now: now)) == [first, second])
        #expect(try await store.all(now: 1_010) == [second])
        var wider = first
        wider.until = 1_015
        #expect(try await store.add(wider, now: now))
        #expect(try await store.add(first, now: now))
        #expect(try await Set(store.all(now: now)) == [wider, second])
        // Three are kept, a fourth is not; once one is over there is room.
        #expect(try await store.add(.init(.token("c"), until: 1_030), now: now))
        #expect(try await !store.add(.init(.token("d"), until: 1_030), now: now))
        #expect(try await store.add(.init(.token("d"), until: 1_030), now: 1_015))
    }

    @Test("SQLite: a revocation outlives the process")
    func restart() async throws {
        let path = FileManager.default.temporaryDirectory.path + "/gatecast-\(UUID().uuidString)/r.sqlite"
        let entry = RevocationList.Entry(.token("a"), until: 2_000)
        #expect(try await SQLiteRevokedTokenStore(path: path).add(entry, now: 1_000))
        #expect(try await SQLiteRevokedTokenStore(path: path).all(now: 1_000) == [entry])
    }

    @Test(
        "By user: every token issued so far is refused on every node, later ones are not",
        .enabled(if: RedisProcess.isAvailable)
    )
    func nodes() async throws {
        try await with(.redis) { store, client in
            let client = try #require(client)
            let (here, there) = (authority(), authority())
            let other = RedisRevokedTokenStore(client: client, logger: quiet)
            let clock = clock
            let services = [
                RevokedTokens(store: store, tokens: here, clock: .manual(clock), logger: quiet),
                RevokedTokens(store: other, tokens: there, clock: .manual(clock), logger: quiet),
            ]
            let token = try token("42")
            // Nothing was read yet: nobody passes.
            #expect(!isAccepted(token, by: here))
            let running = services.map { service in Task { try await service.run() } }
            defer { for task in running { task.cancel() } }
            try await eventually { isAccepted(token, by: here) && isAccepted(token, by: there) }
            try await eventually {
                try await client.send("PUBSUB", "NUMSUB", .string(RedisRevokedTokenStore.channel)).array?.last?.integer
                    == 2
            }

            let entry = try await services[0].revoke(user: "42")
            #expect(entry.until > clock.unixNow + 600)
            #expect(!isAccepted(token, by: here))
            try await eventually { !isAccepted(token, by: there) }
            #expect(isAccepted(try self.token("43"), by: there))
            clock.advance(by: .seconds(1))
            #expect(isAccepted(try self.token("42"), by: here))
            #expect(isAccepted(try self.token("42"), by: there))
        }
    }

    @Test("A store that takes no more says so, and nothing pretends to be revoked")
    func full() async throws {
        try await with(.sqlite, capacity: 1) { store, _ in
            let authority = authority()
            let service = RevokedTokens(store: store, tokens: authority, clock: .manual(clock), logger: quiet)
            _ = try await service.revoke(tokenID: "a")
            await #expect(throws: RevokedTokens.Failure.full) { _ = try await service.revoke(tokenID: "b") }
        }
    }

    @Test("A store that is away revokes nothing and says so", .enabled(if: RedisProcess.isAvailable))
    func away() async throws {
        try await RedisProcess.with { server in
            let client = try RedisClient(
                settings: server.settings,
                group: MultiThreadedEventLoopGroup.singleton,
                logger: quiet
            )
            // The client never runs: there is no connection.
            let service = RevokedTokens(
                store: RedisRevokedTokenStore(client: client, logger: quiet),
                tokens: authority(),
                clock: .manual(clock),
                logger: quiet
            )
            await #expect(throws: RevokedTokens.Failure.storeUnavailable) { _ = try await service.revoke(user: "42") }
        }
    }
}

private struct NoKeys: KeySetSource {
    func fetch(_ url: String) async throws(KeySetFetchError) -> FetchedKeySet {
        throw KeySetFetchError(.unreachable, url)
    }
}

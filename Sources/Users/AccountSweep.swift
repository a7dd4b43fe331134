// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import GRDB
internal import Logging
internal import ServiceLifecycle
internal import Store

/// Deletes rows nobody can use any more, once a minute, in small transactions; looks for new kinds of hashes once an hour.
struct AccountSweep: Service {
    let tokens: RefreshTokenRepository
    let decoys: PasswordDecoys
    /// Unix seconds.
    let now: @Sendable () -> Int64
    let logger: Logger

    func run() async throws {
        await cancelWhenGracefulShutdown {
            for minute in 0... where !Task.isCancelled {
                await self.sweep()
                if minute % 60 == 59 { await self.refreshDecoys() }
                do { try await Task.sleep(for: .seconds(60)) } catch { return }  // cancelled
            }
        }
    }

    func sweep() async {
        do {
            while try await self.step() >= 1000, !Task.isCancelled {}
        } catch {
            self.logger.warning("sweeping old rows failed", metadata: ["error": "\(error)"])
        }
    }

    private func refreshDecoys() async {
        do {
            try await self.decoys.refresh()
        } catch {
            self.logger.warning("password decoys not refreshed, the old ones stay", metadata: ["error": "\(error)"])
        }
    }

    private func step() async throws -> Int {
        let now = self.now()
        let tokens = try await self.tokens.sweep(now: now)
        let others = try await self.tokens.database.write { database in
            try MailTokenRepository.sweep(now: now, limit: 1000, in: database)
                + ThrottleRepository.sweep(now: now, limit: 1000, in: database)
        }
        return max(tokens, others)
    }
}

// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Logging
internal import ServiceLifecycle

/// Deletes rows nobody can use any more, once a minute, in small transactions.
struct RefreshTokenSweep: Service {
    let tokens: RefreshTokenRepository
    /// Unix seconds.
    let now: @Sendable () -> Int64
    let logger: Logger

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                await self.sweep()
                do { try await Task.sleep(for: .seconds(60)) } catch { return }  // cancelled
            }
        }
    }

    func sweep() async {
        do {
            while try await self.tokens.sweep(now: self.now()) >= 1000, !Task.isCancelled {}
        } catch {
            self.logger.warning("sweeping refresh tokens failed", metadata: ["error": "\(error)"])
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import HTTPMessages
internal import Logging
internal import Metrics
internal import NIOCore

/// A second try, where it is safe (proxy.md §8).
extension UpstreamExchange {
    /// Between a failure and the second try.
    private static let retryDelay = Int64(25)...250

    func connectFailed(_ error: UpstreamError) {
        guard self.connection == nil else { return }
        switch self.machine.connectFailed() {
        case .ignore, .refresh: break
        case .retry: self.retry(after: error)
        case .fail(let isEndpointsFault): self.conclude(error, isEndpointsFault: isEndpointsFault)
        }
    }

    /// Once more, elsewhere if there is an elsewhere, unless too much of the work is second tries already.
    private func retry(after error: UpstreamError) {
        guard self.upstream.beginRetry() else {
            self.upstream.metrics.retriesRefused.increment()
            return self.fail(error, isEndpointsFault: true)
        }
        self.upstream.metrics.retries.increment()
        self.attempts.fail(error.code)
        self.holdsRetry = true
        if let endpoint {
            self.recordFailure(of: endpoint)
            self.avoided = endpoint
        }
        self.abandon()
        self.pause = .retry
        self.schedule(in: .milliseconds(Int64.random(in: Self.retryDelay, using: &self.pool.random)))
    }

    /// Takes back what was sent, for another connection.
    private func abandon() {
        self.connection = nil
        self.endpoint?.ended()
        self.endpoint = nil
        self.body.takeBackSent()
    }

    func lost(_ detail: String) {
        switch self.machine.lost() {
        case .ignore:
            break
        case .refresh:
            self.upstream.metrics.refreshes.increment()
            self.attempts.fail(.reset)
            self.abandon()
            self.launch(fresh: true)
        case .retry:
            self.retry(after: UpstreamError(.reset, detail))
        case .fail(let isEndpointsFault):
            self.conclude(UpstreamError(.reset, detail), isEndpointsFault: isEndpointsFault)
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

package import HTTPMessages
package import NIOCore

/// What an exchange sends. The head goes out byte for byte; its body framing must be what `framing` says.
package struct UpstreamRequest: Sendable {
    /// A finished HTTP/1.1 head, with the empty line.
    package var head: ByteBuffer
    /// Of the request's body. `.untilClose` is not a request framing and counts as `.none`.
    package var framing: BodyFraming
    /// Decides whether the answer has a body and whether a lost request may be sent once more.
    package var method: Method
    /// In place of the upstream's own.
    package var headTimeout: TimeAmount?
    /// In place of the upstream's own.
    package var bodyIdleTimeout: TimeAmount?
    /// The head asks for another protocol: a 101 then ends the exchange with `switchedProtocols`. Always sent on a
    /// connection of its own.
    package var upgrades: Bool
    /// Whether a lost request may be tried once more where that is safe (proxy.md §8).
    package var allowsRetry: Bool

    package init(
        head: ByteBuffer,
        framing: BodyFraming,
        method: Method,
        headTimeout: TimeAmount? = nil,
        bodyIdleTimeout: TimeAmount? = nil,
        upgrades: Bool = false,
        allowsRetry: Bool = true
    ) {
        self.head = head
        self.framing = framing == .untilClose ? .none : framing
        self.method = method
        self.headTimeout = headTimeout
        self.bodyIdleTimeout = bodyIdleTimeout
        self.upgrades = upgrades
        self.allowsRetry = allowsRetry
    }
}

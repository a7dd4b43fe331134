// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

/// How a connection is carried; also the metric label `transport`.
package enum LiveTransport: String, Sendable, CaseIterable {
    case webSocket = "websocket"
    case eventStream = "sse"
    case longPoll = "poll"
}

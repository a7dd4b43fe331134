// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import NIOCore

/// What a tunnel keeps of the request that opened it.
struct TunnelFacts {
    let requestID: RequestID
    let route: String
    let upstream: String
    let listener: ListenerRole
    let client: String
    /// Without its query.
    let path: String
    let owner: TunnelOwner
    /// Longest silence in both directions together.
    let idle: TimeAmount
    let metrics: TunnelMetrics
}

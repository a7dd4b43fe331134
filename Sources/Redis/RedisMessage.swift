// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

/// What someone published. Redis promises it at most once.
package struct RedisMessage: Sendable, Hashable {
    package let channel: String
    package let payload: [UInt8]
    /// The pattern it came by, nil for a channel subscribed by name.
    package let pattern: String?

    package init(channel: String, payload: [UInt8], pattern: String? = nil) {
        self.channel = channel
        self.payload = payload
        self.pattern = pattern
    }
}

// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

package import Settings

/// The Sentinels that know which server is the master. They are asked anew for every connection.
package struct RedisSentinels: Sendable {
    /// Asked in this order, beginning with the one that answered last.
    package var addresses: [RedisAddress]
    /// The name they call the master by.
    package var master: String
    /// For the Sentinels themselves (their `requirepass`); the server's own is `RedisSettings.password`.
    package var password: Secret?

    package init(addresses: [RedisAddress], master: String, password: Secret? = nil) {
        self.addresses = addresses
        self.master = master
        self.password = password
    }
}

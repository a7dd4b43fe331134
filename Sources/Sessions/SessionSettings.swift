// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

package import Foundation
package import Settings

/// `sessions:` of `gatecast.yaml`. `init(node:)` is in its own file.
package struct SessionSettings: Sendable {
    /// How the backend logs people in.
    package var preset: LoginPreset
    /// The upstream that is asked.
    package var upstream: String
    /// Seals the tokens in the store: 32 bytes.
    package var key: Secret
    /// Opens what was sealed before the last change of `key`; seals nothing.
    package var previousKey: Secret?
    /// From login to the latest end, whatever happens. Default 14 days.
    package var absolute: Duration = .seconds(14 * 86_400)
    /// Without a request for so long, it ends. Sliding; default 24 h.
    package var idle: Duration = .seconds(86_400)
    /// One session more ends the user's oldest. Default 20, at least 1.
    package var perUser = 20
    package var sameSite: SessionCookies.SameSite = .lax
    /// Bytes of display fields that are kept.
    package static let profileLimit = 1024
    /// The slide of the idle end is written at most so often.
    package static let touchInterval: TimeInterval = 60

    package init(
        preset: LoginPreset = LoginPreset(.gatecast),
        upstream: String,
        key: Secret,
        previousKey: Secret? = nil
    ) {
        self.preset = preset
        self.upstream = upstream
        self.key = key
        self.previousKey = previousKey
    }

    package var vault: TokenVault { TokenVault(key: key, previousKey: previousKey) }
}

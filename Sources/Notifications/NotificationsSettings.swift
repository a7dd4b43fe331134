// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import ServiceKit
package import Settings

/// What only the notifications service needs to know, beside `ServiceSettings`.
package struct NotificationsSettings: Sendable {
    /// `KEEP_READ`: how long read notices are kept, a day to 365 days. Default 30 days.
    package var keepRead: Duration = .seconds(30 * 86_400)
    /// `KEEP_NOTICES`: how long any notice is kept, a day to 3650 days. Default 180 days.
    package var keepNotices: Duration = .seconds(180 * 86_400)
    /// `DIGEST_HOUR`: when digests are made, 0 to 23, UTC. Default 7.
    package var digestHour = 7

    package static let keys = ["KEEP_READ", "KEEP_NOTICES", "DIGEST_HOUR"]

    package init() {}

    /// - Parameter extra: as found by `ServiceSettings.load(… extraKeys: NotificationsSettings.keys)`.
    package init(extra: [String: String]) throws(SettingsError) {
        if let node = try ServiceSettings.node("KEEP_READ", extra) {
            self.keepRead = try node.duration(in: .seconds(86_400) ... .seconds(365 * 86_400))
        }
        if let node = try ServiceSettings.node("KEEP_NOTICES", extra) {
            self.keepNotices = try node.duration(in: .seconds(86_400) ... .seconds(3650 * 86_400))
        }
        if let node = try ServiceSettings.node("DIGEST_HOUR", extra) { self.digestHour = try node.int(in: 0...23) }
    }
}

// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation
internal import ServiceKit
package import Settings

/// What only the tasks service needs to know, beside `ServiceSettings`.
package struct TasksSettings: Sendable {
    package enum CacheForm: String, Sendable, CaseIterable {
        case memory, redis, off
    }

    /// `REMIND_BEFORE`: how long before its due time `task.due` is told, up to 7 days. Default 15 minutes.
    package var remindBefore: Duration = .seconds(900)
    /// `KEEP_DELETED`: how long a deleted task can be restored, an hour to 365 days. Default 30 days.
    package var keepDeleted: Duration = .seconds(30 * 86_400)
    /// `CACHE`: where pages of lists are kept. Default memory.
    package var cache: CacheForm = .memory

    package static let keys = ["REMIND_BEFORE", "KEEP_DELETED", "CACHE"]

    package init() {}

    /// - Parameter extra: as found by `ServiceSettings.load(… extraKeys: TasksSettings.keys)`.
    package init(extra: [String: String]) throws(SettingsError) {
        if let node = try ServiceSettings.node("REMIND_BEFORE", extra) {
            self.remindBefore = try node.duration(in: .zero ... .seconds(7 * 86_400))
        }
        if let node = try ServiceSettings.node("KEEP_DELETED", extra) {
            self.keepDeleted = try node.duration(in: .seconds(3600) ... .seconds(365 * 86_400))
        }
        if let node = try ServiceSettings.node("CACHE", extra) { self.cache = try node.choice(CacheForm.self) }
    }
}

// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

package import StrictJSON

/// The inbox changed by its owner's own hand: told live, so that his other pages count the same.
package enum InboxChange {
    package static let type = "inbox.changed"

    package static func liveJSON(unread: Int) -> JSONValue {
        ["type": .string(Self.type), "unread": .integer(Int64(unread))]
    }
}

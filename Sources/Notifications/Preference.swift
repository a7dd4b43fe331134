// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import ServiceKit
package import StrictJSON

/// What one user wants to hear of one kind.
package struct Preference: Sendable, Hashable {
    package let kind: NoticeKind
    /// Notices of this kind are kept in the inbox. Of `digest`: it is made at all.
    package var inbox: Bool
    /// … and go out live to open pages. Without `inbox` nothing does.
    package var live: Bool

    package init(_ kind: NoticeKind, inbox: Bool, live: Bool) {
        self.kind = kind
        self.inbox = inbox
        self.live = live
    }

    /// Where a user never said anything: everything but the digest.
    package static func standard(_ kind: NoticeKind) -> Preference {
        Preference(kind, inbox: kind != .digest, live: true)
    }

    package var json: JSONValue {
        ["kind": .string(self.kind.rawValue), "inbox": .bool(self.inbox), "live": .bool(self.live)]
    }
}

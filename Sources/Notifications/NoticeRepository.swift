// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

package import ServiceKit

/// Where inboxes are kept. Every question names the owner: there is no way to ask for somebody else's.
package protocol NoticeRepository: Sendable {
    /// Stores the notice, the fact that this event has been handled, and the live event for the owner's browsers, in one
    /// transaction. Answers false and does nothing when the event had been handled before.
    func receive(_ notice: Notice, eventID: String) async throws -> Bool
    /// Newest first.
    func list(owner: String, page: PageRequest) async throws -> Inbox
    /// Idempotent. Answers the number of notices still unread, `nil` for an unknown id and for another owner's.
    func markRead(id: String, owner: String, at now: Int64) async throws -> Int?
    /// Answers how many notices this call turned from unread to read.
    func markAllRead(owner: String, at now: Int64) async throws -> Int
}

/// A page of an inbox, and how many of all its notices are unread.
package struct Inbox: Sendable {
    package let page: Page<Notice>
    package let unread: Int

    package init(page: Page<Notice>, unread: Int) {
        self.page = page
        self.unread = unread
    }
}

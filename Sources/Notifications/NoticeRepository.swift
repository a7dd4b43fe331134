// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

package import ServiceKit
package import Store

/// Where inboxes are kept. Every question names the owner: there is no way to ask for somebody else's.
///
/// A write that changes what an owner's pages show also leaves the live event that tells them, in the same transaction.
/// Times are Unix milliseconds. `Tests/ServicesTests/NoticeRepositoryContractTests.swift` is what an implementation must pass.
package protocol NoticeRepository: Sendable {
    /// Stores notices and remembers the event behind them, in one transaction. Each owner's preferences decide what of it is
    /// kept and told. Answers `nil`, and does nothing, when the event had been received before, else how many were kept.
    /// - Parameter cause: the request behind it, which travels on with the live event.
    func receive(_ notices: [Notice], eventID: String, cause: EventCause, at now: Int64) async throws -> Int?
    /// Newest first.
    func list(owner: String, filter: NoticeFilter, page: PageRequest) async throws -> Inbox
    func find(id: String, owner: String) async throws -> Notice?
    /// Idempotent: what is read stays read since when it was. Answers the number of notices still unread, `nil` for an unknown
    /// id and for another owner's.
    func mark(id: String, owner: String, isRead: Bool, at now: Int64) async throws -> Int?
    /// Answers how many notices this call turned from unread to read.
    func markAllRead(owner: String, at now: Int64) async throws -> Int
    /// Answers as `mark` does.
    func delete(id: String, owner: String, at now: Int64) async throws -> Int?

    /// Of every kind, in the order of `NoticeKind`.
    func preferences(of owner: String) async throws -> [Preference]
    func set(_ preference: Preference, of owner: String) async throws

    /// Owners who want a digest and have notices that arrived unread since `since`, in order, beginning after `owner`.
    func digestOwners(after owner: String, since: Int64, limit: Int) async throws -> [DigestCount]

    /// Deletes at most `limit` notices read before `read`, or arrived before `arrived`. Answers how many.
    func prune(readBefore read: Int64, arrivedBefore arrived: Int64, limit: Int) async throws -> Int
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

/// How much of one inbox a digest would tell of.
package struct DigestCount: Sendable, Hashable {
    package let owner: String
    package let unread: Int

    package init(owner: String, unread: Int) {
        self.owner = owner
        self.unread = unread
    }
}

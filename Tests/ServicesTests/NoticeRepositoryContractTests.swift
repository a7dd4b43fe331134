// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation
internal import Notifications
internal import ServiceKit
internal import Synchronization
internal import TestSupport
import Testing
internal import Wire

@testable import Store

/// What every store of notices promises. A further one joins by a case of `Form`.
@Suite("The contract of notice stores")
struct NoticeRepositoryContractTests {
    enum Form: String, CaseIterable, Sendable {
        case memory, sqlite

        /// - Parameter body: the store, and a look at the live events it left: owner and type.
        func with(_ body: (any NoticeRepository, () async throws -> [String]) async throws -> Void) async throws {
            switch self {
            case .memory:
                let repository = MemoryNoticeRepository()
                try await body(repository) { repository.state.withLock(\.told) }
            case .sqlite:
                let database = try ServiceDatabase.temporary(migrations: SQLiteNoticeRepository.migrations)
                defer {
                    try? FileManager.default.removeItem(atPath: (database.path as NSString).deletingLastPathComponent)
                }
                try await body(SQLiteNoticeRepository(database: database)) {
                    try await database.read { try Outbox.pending(limit: 1000, in: $0) }
                        .map { "\($0.event.subject.dropFirst("user.".count)) \($0.event.type)" }
                }
            }
        }
    }

    private func notice(_ id: String, owner: String = "ana", kind: NoticeKind = .created, at time: Int64 = 1) -> Notice
    {
        Notice(
            id: id,
            owner: owner,
            kind: kind,
            title: id,
            taskID: "t",
            taskTitle: "T",
            createdAt: time,
            requestID: "r"
        )
    }

    private func fill(_ store: any NoticeRepository, _ ids: String...) async throws {
        for id in ids {
            _ = try await store.receive([self.notice(id)], eventID: "event \(id)", cause: .none, at: 1)
        }
    }

    private func ids(_ store: any NoticeRepository, _ filter: NoticeFilter = .init(), owner: String = "ana")
        async throws -> [String]
    {
        try await store.list(owner: owner, filter: filter, page: PageRequest()).page.items.map(\.id)
    }

    @Test("An event is received once; each of its notices goes to its own inbox and topic", arguments: Form.allCases)
    func receive(_ form: Form) async throws {
        try await form.with { store, told in
            let both = [self.notice("a"), self.notice("b", owner: "ben", kind: .assigned)]
            let kept = try await store.receive(both, eventID: "e", cause: .none, at: 1)
            #expect(kept == 2)
            #expect(try await store.receive(both, eventID: "e", cause: .none, at: 1) == nil)
            #expect(try await self.ids(store) == ["a"])
            #expect(try await self.ids(store, owner: "ben") == ["b"])
            #expect(try await told() == ["ana task.created", "ben task.assigned"])
            #expect(try await store.find(id: "a", owner: "ana")?.requestID == "r")
            #expect(try await store.find(id: "a", owner: "ben") == nil)
        }
    }

    @Test("Pages are newest first and meet without a gap", arguments: Form.allCases)
    func pages(_ form: Form) async throws {
        try await form.with { store, _ in
            try await self.fill(store, "a", "b", "c", "d")
            let first = try await store.list(owner: "ana", filter: .init(), page: PageRequest(limit: 2))
            #expect(first.page.items.map(\.id) == ["d", "c"])
            #expect(first.unread == 4)
            let rest = try await store.list(
                owner: "ana",
                filter: .init(),
                page: PageRequest(limit: 2, before: first.page.next)
            )
            #expect(rest.page.items.map(\.id) == ["b", "a"])
            #expect(rest.page.next == nil)
        }
    }

    @Test("Marking is idempotent, tells live what changed, and never touches another's inbox", arguments: Form.allCases)
    func marks(_ form: Form) async throws {
        try await form.with { store, told in
            try await self.fill(store, "a", "b")
            let before = try await told().count
            #expect(try await store.mark(id: "a", owner: "ben", isRead: true, at: 5) == nil)
            #expect(try await store.mark(id: "x", owner: "ana", isRead: true, at: 5) == nil)
            #expect(try await store.mark(id: "a", owner: "ana", isRead: true, at: 5) == 1)
            #expect(try await store.mark(id: "a", owner: "ana", isRead: true, at: 9) == 1)
            #expect(try await store.find(id: "a", owner: "ana")?.readAt == 5)
            #expect(try await self.ids(store, .init(unread: true)) == ["b"])
            #expect(try await self.ids(store, .init(unread: false)) == ["a"])
            #expect(try await store.mark(id: "a", owner: "ana", isRead: false, at: 9) == 2)
            #expect(try await store.mark(id: "a", owner: "ana", isRead: false, at: 9) == 2)
            #expect(try await store.markAllRead(owner: "ana", at: 9) == 2)
            #expect(try await store.markAllRead(owner: "ana", at: 9) == 0)
            #expect(try await told().dropFirst(before) == Array(repeating: "ana inbox.changed", count: 3)[...])
        }
    }

    @Test("Deleting counts down, and there is nothing left to delete", arguments: Form.allCases)
    func deletes(_ form: Form) async throws {
        try await form.with { store, told in
            try await self.fill(store, "a", "b")
            #expect(try await store.delete(id: "a", owner: "ben", at: 2) == nil)
            #expect(try await store.delete(id: "a", owner: "ana", at: 2) == 1)
            #expect(try await store.delete(id: "a", owner: "ana", at: 2) == nil)
            #expect(try await self.ids(store) == ["b"])
            #expect(try await told().last == "ana inbox.changed")
        }
    }

    @Test("Preferences decide what is kept and what is told, kind by kind", arguments: Form.allCases)
    func preferences(_ form: Form) async throws {
        try await form.with { store, told in
            let standard = try await store.preferences(of: "ana")
            #expect(standard.map(\.kind) == NoticeKind.allCases)
            #expect(standard.filter { !$0.inbox }.map(\.kind) == [.digest])
            try await store.set(Preference(.created, inbox: false, live: true), of: "ana")
            try await store.set(Preference(.due, inbox: true, live: false), of: "ana")
            let three = [
                self.notice("a"), self.notice("b", kind: .due), self.notice("c", owner: "ben"),
            ]
            #expect(try await store.receive(three, eventID: "e", cause: .none, at: 1) == 2)
            #expect(try await self.ids(store) == ["b"])
            #expect(try await self.ids(store, .init(kind: .created)).isEmpty)
            #expect(try await told() == ["ben task.created"])
            try await store.set(Preference(.created, inbox: true, live: true), of: "ana")
            #expect(try await store.receive([self.notice("d")], eventID: "f", cause: .none, at: 1) == 1)
            #expect(try await store.preferences(of: "ana").first { $0.kind == .created }?.inbox == true)
        }
    }

    @Test(
        "Digests count what arrived unread, for who wants one, in order and without digests",
        arguments: Form.allCases
    )
    func digests(_ form: Form) async throws {
        try await form.with { store, _ in
            for owner in ["ben", "ana", "cleo"] {
                if owner != "cleo" { try await store.set(Preference(.digest, inbox: true, live: true), of: owner) }
                let notices = [
                    self.notice("\(owner) 1", owner: owner, at: 10), self.notice("\(owner) 2", owner: owner, at: 9),
                    self.notice("\(owner) 3", owner: owner, kind: .digest, at: 10),
                ]
                _ = try await store.receive(notices, eventID: owner, cause: .none, at: 10)
            }
            let all = try await store.digestOwners(after: "", since: 10, limit: 10)
            #expect(all == [DigestCount(owner: "ana", unread: 1), DigestCount(owner: "ben", unread: 1)])
            #expect(try await store.digestOwners(after: "", since: 9, limit: 1).map(\.unread) == [2])
            #expect(try await store.digestOwners(after: "ana", since: 9, limit: 10).map(\.owner) == ["ben"])
        }
    }

    @Test("Pruning takes what was read or arrived before, in steps, and nothing else", arguments: Form.allCases)
    func prunes(_ form: Form) async throws {
        try await form.with { store, _ in
            let notices = [
                self.notice("old", at: 4), self.notice("kept", at: 5), self.notice("read", at: 6),
                self.notice("just read", at: 6),
            ]
            _ = try await store.receive(notices, eventID: "e", cause: .none, at: 6)
            _ = try await store.mark(id: "read", owner: "ana", isRead: true, at: 9)
            _ = try await store.mark(id: "just read", owner: "ana", isRead: true, at: 10)
            #expect(try await store.prune(readBefore: 10, arrivedBefore: 5, limit: 1) == 1)
            #expect(try await store.prune(readBefore: 10, arrivedBefore: 5, limit: 10) == 1)
            #expect(try await store.prune(readBefore: 10, arrivedBefore: 5, limit: 10) == 0)
            #expect(try await self.ids(store) == ["just read", "kept"])
        }
    }
}

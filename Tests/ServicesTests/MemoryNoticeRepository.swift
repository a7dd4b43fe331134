// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Notifications
internal import ServiceKit
internal import Store
internal import Synchronization

/// A second store, in memory: shows that the contract asks for nothing that only SQLite can do.
final class MemoryNoticeRepository: NoticeRepository {
    struct State {
        var notices: [Notice] = []
        var preferences: [String: [NoticeKind: Preference]] = [:]
        var seen: Set<String> = []
        /// Owner and type of the live events.
        var told: [String] = []
        var position: Int64 = 0

        func unread(_ owner: String) -> Int { self.notices.count { $0.owner == owner && $0.readAt == nil } }
    }

    let state = Mutex(State())

    func receive(_ notices: [Notice], eventID: String, cause: EventCause, at now: Int64) async throws -> Int? {
        self.state.withLock { state in
            guard state.seen.insert(eventID).inserted else { return nil }
            var kept = 0
            for var notice in notices {
                let preference = state.preferences[notice.owner]?[notice.kind] ?? .standard(notice.kind)
                guard preference.inbox else { continue }
                state.position += 1
                notice.position = state.position
                state.notices.append(notice)
                if preference.live { state.told.append("\(notice.owner) \(notice.kind.rawValue)") }
                kept += 1
            }
            return kept
        }
    }

    func list(owner: String, filter: NoticeFilter, page: PageRequest) async throws -> Inbox {
        self.state.withLock { state in
            let rows = state.notices.reversed().filter { notice in
                notice.owner == owner && notice.position < page.before ?? .max
                    && (filter.unread.map { $0 == (notice.readAt == nil) } ?? true)
                    && (filter.kind.map { $0 == notice.kind } ?? true)
            }
            let page = Page(rows: Array(rows.prefix(page.limit + 1)), limit: page.limit, key: \.position)
            return Inbox(page: page, unread: state.unread(owner))
        }
    }

    func find(id: String, owner: String) async throws -> Notice? {
        self.state.withLock { $0.notices.first { $0.id == id && $0.owner == owner } }
    }

    func mark(id: String, owner: String, isRead: Bool, at now: Int64) async throws -> Int? {
        self.state.withLock { state in
            guard let index = state.notices.firstIndex(where: { $0.id == id && $0.owner == owner }) else { return nil }
            if (state.notices[index].readAt != nil) != isRead {
                state.notices[index].readAt = isRead ? now : nil
                state.told.append("\(owner) \(InboxChange.type)")
            }
            return state.unread(owner)
        }
    }

    func markAllRead(owner: String, at now: Int64) async throws -> Int {
        self.state.withLock { state in
            let marked = state.unread(owner)
            for index in state.notices.indices where state.notices[index].owner == owner {
                state.notices[index].readAt = state.notices[index].readAt ?? now
            }
            if marked > 0 { state.told.append("\(owner) \(InboxChange.type)") }
            return marked
        }
    }

    func delete(id: String, owner: String, at now: Int64) async throws -> Int? {
        self.state.withLock { state in
            guard let index = state.notices.firstIndex(where: { $0.id == id && $0.owner == owner }) else { return nil }
            state.notices.remove(at: index)
            state.told.append("\(owner) \(InboxChange.type)")
            return state.unread(owner)
        }
    }

    func preferences(of owner: String) async throws -> [Preference] {
        self.state.withLock { state in
            NoticeKind.allCases.map { state.preferences[owner]?[$0] ?? .standard($0) }
        }
    }

    func set(_ preference: Preference, of owner: String) async throws {
        self.state.withLock { $0.preferences[owner, default: [:]][preference.kind] = preference }
    }

    func digestOwners(after owner: String, since: Int64, limit: Int) async throws -> [DigestCount] {
        self.state.withLock { state in
            let owners = state.preferences.filter { $0.key > owner && $0.value[.digest]?.inbox == true }.keys.sorted()
            let counts = owners.map { owner in
                let unread = state.notices.count {
                    $0.owner == owner && $0.readAt == nil && $0.createdAt >= since && $0.kind != .digest
                }
                return DigestCount(owner: owner, unread: unread)
            }
            return Array(counts.filter { $0.unread > 0 }.prefix(limit))
        }
    }

    func prune(readBefore read: Int64, arrivedBefore arrived: Int64, limit: Int) async throws -> Int {
        self.state.withLock { state in
            let old = state.notices.filter { $0.readAt ?? .max < read || $0.createdAt < arrived }.prefix(limit)
            let positions = Set(old.map(\.position))
            state.notices.removeAll { positions.contains($0.position) }
            return positions.count
        }
    }
}

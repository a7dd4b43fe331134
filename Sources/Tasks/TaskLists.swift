// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Crypto
package import ServiceKit
internal import Tokens

/// Pages of tasks, encoded, read through the cache.
///
/// A page's key contains the stamp of what its caller may see, which changes in the transaction of each change: so a page
/// that is out of date has a key that nobody asks for any more, whichever process made the change. Single tasks are not
/// cached: asking for the stamp costs what reading the row does.
package struct TaskLists: Sendable {
    private let repository: any TaskRepository
    private let cache: ReadCache?

    /// - Parameter cache: `nil` reads the store each time.
    package init(repository: any TaskRepository, cache: ReadCache?) {
        self.repository = repository
        self.cache = cache
    }

    package func page(_ query: TaskQuery) async throws -> [UInt8] {
        guard let cache else { return try await self.fresh(query) }
        let stamp = try await self.repository.stamp(of: query.caller)
        let digest = SHA256.hash(data: Array("\(stamp)\n\(query.wholeText)".utf8))
        return try await cache.value("tasks:" + Base64URL.encode(Array(digest.prefix(18)))) {
            try await self.fresh(query)
        }
    }

    private func fresh(_ query: TaskQuery) async throws -> [UInt8] {
        try await self.repository.list(query).encoded(for: query)
    }
}

// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Wire

/// What the index is asked for: a topic, or everything below a prefix. The hash is computed once, by the reader of the
/// log, and differs from process to process, so that no publisher can aim at one bucket.
struct TopicKey: Hashable, Sendable {
    private let seeded: Int
    let name: String
    let isPrefix: Bool

    init(_ name: String, isPrefix: Bool) {
        var hasher = Hasher()
        hasher.combine(name)
        hasher.combine(isPrefix)
        self.seeded = hasher.finalize()
        self.name = name
        self.isPrefix = isPrefix
    }

    init(_ filter: TopicFilter) { self.init(filter.prefix, isPrefix: filter.isWildcard) }

    static func == (a: TopicKey, b: TopicKey) -> Bool {
        a.seeded == b.seeded && a.isPrefix == b.isPrefix && a.name == b.name
    }

    func hash(into hasher: inout Hasher) { hasher.combine(seeded) }
}

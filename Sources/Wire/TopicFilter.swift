// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

/// What a subscription asks for: one topic, or with a final `.*` everything below a prefix. `org.*` takes `org.a` and
/// `org.a.b`, but not `org`.
package struct TopicFilter: Sendable, Hashable, CustomStringConvertible {
    /// The topic itself, or what stands before `.*`.
    package let prefix: String
    package let isWildcard: Bool

    package init(_ text: String) throws(TopicError) {
        guard text.utf8.count <= TopicRules.maxBytes else { throw .tooLong }
        isWildcard = text.hasSuffix(".*")
        prefix = isWildcard ? String(text.dropLast(2)) : text
        if isWildcard, prefix.isEmpty { throw .badWildcard }
        try TopicRules.check(prefix.utf8[...])
        let segments = prefix.utf8.count { $0 == TopicRules.dot } + 1
        // One more could only match names that cannot exist.
        if isWildcard, segments == TopicRules.maxSegments { throw .tooManySegments }
    }

    /// Exactly this topic; also how a connection holds `user.<sub>`.
    package init(_ topic: Topic) {
        prefix = topic.name
        isWildcard = false
    }

    package func matches(_ topic: Topic) -> Bool {
        isWildcard ? topic.name.isBelow(prefix) : topic.name == prefix
    }

    /// Everything that `other` matches, this one matches too.
    package func covers(_ other: TopicFilter) -> Bool {
        guard isWildcard else { return self == other }
        return other.prefix.isBelow(prefix) || (other.isWildcard && other.prefix == prefix)
    }

    package var description: String { isWildcard ? prefix + ".*" : prefix }
}

extension String {
    /// Starts with `prefix`, a dot and something more, which the grammar of topics guarantees after a dot.
    fileprivate func isBelow(_ prefix: String) -> Bool {
        utf8.count > prefix.utf8.count
            && utf8.starts(with: prefix.utf8)
            && utf8[utf8.index(utf8.startIndex, offsetBy: prefix.utf8.count)] == TopicRules.dot
    }
}

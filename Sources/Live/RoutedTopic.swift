// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Wire

/// A topic with every key it can be subscribed by: itself, then `.*` at each of its prefixes, longest first. One object
/// per topic, shared by all its records.
final class RoutedTopic: Sendable {
    let topic: Topic
    /// At most eight: a topic has at most eight segments.
    let keys: [TopicKey]

    init(_ topic: Topic) {
        self.topic = topic
        var keys = [TopicKey(topic.name, isPrefix: false)]
        var rest = topic.name[...]
        while let dot = rest.lastIndex(of: ".") {
            rest = rest[..<dot]
            keys.append(TopicKey(String(rest), isPrefix: true))
        }
        self.keys = keys
    }
}

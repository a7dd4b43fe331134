// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

/// Topic and prefix → the live connections that want it. Loop-bound; joining and leaving cost O(topics of the
/// connection), whatever the size of the lists.
struct TopicIndex {
    struct Entry {
        let subscriber: Subscriber
        let subscription: Subscription
    }

    /// A class, so that a list grows in place inside the dictionary.
    final class List {
        var entries: [Entry] = []
    }

    private var lists: [TopicKey: List] = [:]

    var isEmpty: Bool { lists.isEmpty }

    /// The list of a key; the caller must not change the index while it walks over it.
    func list(_ key: TopicKey) -> List? { lists[key] }

    mutating func insert(_ subscription: Subscription, of subscriber: Subscriber) {
        precondition(subscription.slot < 0, "a subscription is indexed once")
        let list = lists[subscription.key] ?? List()
        if list.entries.isEmpty { lists[subscription.key] = list }
        subscription.slot = list.entries.count
        list.entries.append(Entry(subscriber: subscriber, subscription: subscription))
    }

    /// Does nothing for one that is not in the index.
    mutating func remove(_ subscription: Subscription) {
        guard subscription.slot >= 0, let list = lists[subscription.key] else { return }
        let last = list.entries.removeLast()
        if last.subscription !== subscription {
            list.entries[subscription.slot] = last
            last.subscription.slot = subscription.slot
        }
        subscription.slot = -1
        if list.entries.isEmpty { lists[subscription.key] = nil }
    }
}

@available(*, unavailable)
extension TopicIndex.List: Sendable {}

// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Metrics
internal import NIOCore
internal import Wire

/// A word of the operator to whoever is here now: no id, so it moves nobody's cursor and may come between any two frames.
extension HubShard {
    /// - Parameter filter: nil reaches everybody; otherwise those who hold a topic under it, or a subtree around it.
    func broadcast(_ record: LiveRecord, to filter: TopicFilter?) {
        var frames: [FrameStyle: ByteBuffer] = [:]
        for style in [FrameStyle.webSocket, .eventStream] {
            var output = FrameOutput(style: style)
            output.append(record.frame, id: nil)
            frames[style] = output.buffer
        }
        for subscriber in subscribers where subscriber.isOpen && subscriber.output.isWritable {
            if let filter, !subscriber.holds(a: filter) { continue }
            guard let bytes = frames[subscriber.style] else { continue }
            subscriber.write(bytes, last: nil)
            subscriber.flush()
            core.metrics.deliveries[subscriber.output.transport]?.live.increment()
        }
    }
}

extension Subscriber {
    fileprivate func holds(a filter: TopicFilter) -> Bool {
        subscriptions.contains { filter.covers($0.filter) || $0.filter.covers(filter) }
    }
}

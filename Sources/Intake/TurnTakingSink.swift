// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import EventLog
internal import Synchronization
internal import Wire

/// Keeps the promise of `EphemeralSink`, one call at a time, to a sink with two sources.
final class TurnTakingSink: EphemeralSink {
    private let sink: Mutex<any EphemeralSink>

    init(_ sink: any EphemeralSink) { self.sink = Mutex(sink) }

    func ephemeral(_ topic: Topic, data: [UInt8]) { sink.withLock { $0.ephemeral(topic, data: data) } }
}

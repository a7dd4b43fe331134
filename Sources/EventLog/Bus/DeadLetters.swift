// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

/// An event that a group could not handle, set aside so that the events behind it go on.
package struct DeadLetter: Sendable, Hashable {
    /// Its place among the dead letters.
    package let id: String
    /// The group that failed; others may have handled the event.
    package let group: String
    /// As it was on the bus; not always readable.
    package let event: [UInt8]
    package let reason: String

    package init(id: String, group: String, event: [UInt8], reason: String) {
        self.id = id
        self.group = group
        self.event = event
        self.reason = reason
    }
}

/// For people who look after a bus.
package protocol DeadLetters: Sendable {
    /// Oldest first.
    func deadLetters(limit: Int) async throws(EventLogError) -> [DeadLetter]
    func deadLetter(_ id: String) async throws(EventLogError) -> DeadLetter?
    /// Back onto the bus, for its own group alone, behind what is there; no dead letter from then on. False: there is none of that
    /// id.
    func replayDeadLetter(_ id: String) async throws(EventLogError) -> Bool
    /// Gone for good. False: there is none of that id.
    func dropDeadLetter(_ id: String) async throws(EventLogError) -> Bool
}

// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

package import Store

/// A CloudEvents 1.0 event whose data is JSON.
package struct DomainEvent: Sendable, Hashable {
    /// Unique per `source`; consumers de-duplicate by it.
    package var id: String
    /// Who says so, a URI reference such as `/tasks`.
    package var source: String
    /// What happened, such as `task.created`.
    package var type: String
    /// What it happened to, such as a task's id.
    package var subject: String?
    /// RFC 3339, such as `2026-11-24T19:00:00Z`.
    package var time: String?
    /// The request behind it: the extension attributes `requestid` and (CloudEvents' Distributed Tracing) `traceparent`.
    package var cause: EventCause
    /// One JSON value.
    package var data: [UInt8]

    package init(
        id: String,
        source: String,
        type: String,
        subject: String? = nil,
        time: String? = nil,
        cause: EventCause = .none,
        data: [UInt8]
    ) {
        self.id = id
        self.source = source
        self.type = type
        self.subject = subject
        self.time = time
        self.cause = cause
        self.data = data
    }
}

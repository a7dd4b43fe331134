// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

/// The request behind a change: travels with its events and jobs, so that one id finds the whole story in every log.
package struct EventCause: Sendable, Hashable {
    /// `x-request-id` of the request.
    package var requestID: String?
    /// `traceparent` (W3C Trace Context) as the request brought it.
    package var traceparent: String?

    package init(requestID: String? = nil, traceparent: String? = nil) {
        self.requestID = requestID
        self.traceparent = traceparent
    }

    /// Nobody asked: the service did it by itself.
    package static let none = EventCause()
}

// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

package import HTTPTypes
package import Observability

/// The place of one request, or of one handled event, in a trace (W3C Trace Context). The caller's trace goes on, since
/// callers are the gateway and the other services; whatever comes without one begins a trace of its own.
package struct ServiceTrace: Sendable, Hashable {
    package let id: TraceID
    package static let field = HTTPField.Name("traceparent")!
    /// Before a request was looked at.
    static let unset = ServiceTrace(id: TraceID(high: 0, low: 0), span: 0, parent: 0, isSampled: false)

    /// Of what is being done here.
    package let span: UInt64
    /// Whose part it is; 0: the trace begins here.
    package let parent: UInt64
    package let isSampled: Bool

    private init(id: TraceID, span: UInt64, parent: UInt64, isSampled: Bool) {
        self.id = id
        self.span = span
        self.parent = parent
        self.isSampled = isSampled
    }

    /// - Parameter traceparents: the values found; anything but one well-formed value counts as none.
    package init(_ traceparents: [String]) {
        self.span = UInt64.random(in: 1 ... .max)
        guard traceparents.count == 1, let context = TraceContext(traceparents[0].utf8) else {
            self.id = TraceID(high: .random(in: 1 ... .max), low: .random(in: 1 ... .max))
            self.parent = 0
            self.isSampled = true
            return
        }
        self.id = context.trace
        self.parent = context.span
        self.isSampled = context.isSampled
    }

    /// For what is caused by this: requests, rows of the outbox.
    package var traceparent: String {
        TraceContext(trace: self.id, span: self.span, isSampled: self.isSampled).text
    }
}

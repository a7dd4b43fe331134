// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

/// A finished span, in OpenTelemetry's terms.
package struct SpanRecord: Sendable {
    package enum Kind: Int, Sendable { case server = 2, client = 3, producer = 4, consumer = 5 }
    package enum Value: Sendable, Equatable { case text(String), number(Int) }

    package var trace: TraceID
    package var span: UInt64
    /// 0: the root.
    package var parent: UInt64
    package var kind: Kind
    package var name: String
    /// Nanoseconds of Unix time.
    package var start: UInt64
    package var end: UInt64
    package var attributes: [(name: String, value: Value)]
    package var isError: Bool
    /// A trace this one was not continued from, though it was asked to be.
    package var link: TraceContext?

    package init(
        trace: TraceID,
        span: UInt64,
        parent: UInt64,
        kind: Kind,
        name: String,
        start: UInt64,
        end: UInt64,
        attributes: [(name: String, value: Value)] = [],
        isError: Bool = false,
        link: TraceContext? = nil
    ) {
        self.trace = trace
        self.span = span
        self.parent = parent
        self.kind = kind
        self.name = name
        self.start = start
        self.end = end
        self.attributes = attributes
        self.isError = isError
        self.link = link
    }
}

/// Where finished spans go. Called from event loops, a batch at a time: returns at once, whatever becomes of them.
package protocol SpanSink: Sendable {
    func record(_ spans: [SpanRecord])
}

// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation
package import Observability

extension ServiceTrace {
    /// The finished span, which began `took` ago; `nil` where the trace is not recorded.
    package func record(
        _ kind: SpanRecord.Kind,
        _ name: String,
        took: Duration,
        isError: Bool,
        _ attributes: [(name: String, value: SpanRecord.Value)]
    ) -> SpanRecord? {
        guard self.isSampled else { return nil }
        let end = UInt64(max(0, Date().timeIntervalSince1970) * 1e9)
        let parts = took.components
        let nanoseconds = UInt64(max(0, parts.seconds * 1_000_000_000 + parts.attoseconds / 1_000_000_000))
        return SpanRecord(
            trace: self.id,
            span: self.span,
            parent: self.parent,
            kind: kind,
            name: name,
            start: end - min(end, nanoseconds),
            end: end,
            attributes: attributes,
            isError: isError
        )
    }
}

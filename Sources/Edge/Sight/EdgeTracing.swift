// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

package import Observability

/// What of the edge's requests is recorded, and where it goes.
package struct EdgeTracing: Sendable {
    package var sink: any SpanSink
    /// Percent of the traces that begin here.
    package var sample: Int

    package init(sink: any SpanSink, sample: Int) {
        self.sink = sink
        self.sample = sample
    }
}

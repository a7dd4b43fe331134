// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import HTTPMessages
internal import Observability

/// The request's place in a trace (W3C Trace Context; proxy.md §13). Pure.
///
/// From a peer we trust, its trace goes on. From anybody else it is restarted under the request's own id, with a link to
/// what was asked for: a stranger decides neither which trace ours belongs to nor whether it is recorded.
struct RequestTrace {
    /// The trace a restarted one would have continued; only looked for where spans are recorded.
    var link: TraceContext?
    var id: TraceID
    var span: UInt64
    /// 0: the trace begins here.
    var parent: UInt64 = 0
    var isSampled: Bool
    /// Of the exchange with the upstream; its `traceparent` names it.
    var upstreamSpan: UInt64 = 0
    /// Our own spans are recorded.
    var isRecorded: Bool
    /// `tracestate` goes on beside a trace that goes on.
    var passesState = false

    /// - Parameter sample: percent; nil: nothing is recorded here, and every trace that begins here asks the upstream to.
    init(_ requestID: RequestID, span: UInt64, sample: Int?) {
        self.id = TraceID(high: requestID.high, low: requestID.low)
        self.span = span
        self.isSampled = Self.isChosen(requestID.high, percent: sample ?? 100)
        self.isRecorded = sample != nil && self.isSampled
    }

    mutating func read(_ head: MessageHead, isTrusted: Bool, isRecording: Bool) {
        guard isTrusted || isRecording, head.count(.traceparent) == 1, let text = head.first(.traceparent),
            let context = TraceContext(text)
        else { return }
        guard isTrusted else {
            self.link = context
            return
        }
        self.id = context.trace
        self.parent = context.span
        self.isSampled = context.isSampled
        self.isRecorded = isRecording && context.isSampled
        self.passesState = true
    }

    /// The trace id is random, so a part of it is as good as a die.
    static func isChosen(_ random: UInt64, percent: Int) -> Bool { Int(random % 100) < percent }

    /// Whose span the upstream's is a child of: where none of ours is recorded, a trusted caller's own, so that the
    /// trace has no hole.
    func parentForUpstream(isRecording: Bool) -> UInt64 {
        !isRecording && self.parent != 0 ? self.parent : self.upstreamSpan
    }
}

// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Logging
internal import NIOCore

/// Who is slow, by name: in the log, never in a metric. At most 5 lines a second and loop, however many are slow; the next
/// line says how many were left out.
struct SlowLog {
    private var lines: TokenBucket
    private var omitted = 0

    init(now: NIODeadline) { lines = TokenBucket(perSecond: 5, burst: 20, now: now) }

    mutating func note(_ message: Logger.Message, _ metadata: Logger.Metadata, to logger: Logger, now: NIODeadline) {
        guard lines.take(now: now) else { return omitted += 1 }
        var metadata = metadata
        if omitted > 0 { metadata["omitted"] = "\(omitted)" }
        omitted = 0
        logger.notice(message, metadata: metadata)
    }
}

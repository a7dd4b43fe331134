// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

/// Why an event was not taken.
package struct EventLogError: Error, Sendable, Hashable, CustomStringConvertible {
    package enum Code: Sendable, Hashable {
        /// The log cannot be reached or cannot write. The events may or may not have been written: retry with a `key`.
        case unavailable
        /// One event's data, or the batch, is larger than the log takes.
        case tooBig
        /// The data is not one JSON value, or the topic may not be written to.
        case invalid
    }

    package let code: Code
    package let detail: String

    package init(_ code: Code, _ detail: String) {
        self.code = code
        self.detail = detail
    }

    package var isRetryable: Bool { code == .unavailable }

    package var description: String {
        switch code {
        case .unavailable: "event log unavailable: \(detail)"
        case .tooBig: "event too big: \(detail)"
        case .invalid: "event refused: \(detail)"
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

package import NIOCore

/// What became of an exchange's tries, for logs and traces only.
package struct UpstreamAttempts: Sendable {
    /// One that another followed. Times count from the exchange's start.
    package struct Failed: Sendable {
        package let endpoint: String
        package let began: TimeAmount
        package let ended: TimeAmount
        package let code: UpstreamError.Code
    }

    package let started = NIODeadline.now()
    /// The endpoint of the last one, as configured; nil while there was none.
    package private(set) var endpoint: String?
    /// Connections the request was, or would have been, sent over.
    package private(set) var count = 0
    /// Of the last one, from the start.
    package private(set) var lastBegan = TimeAmount.zero
    /// Those another one followed.
    package private(set) var failed: [Failed] = []
    /// From the start to the answer's head, waits and retries included; nil while there is none.
    package private(set) var headNanoseconds: Int64?

    mutating func begin(at endpoint: String, now: NIODeadline) {
        self.endpoint = endpoint
        self.count += 1
        self.lastBegan = now - self.started
    }

    mutating func fail(_ code: UpstreamError.Code) {
        let endpoint = self.endpoint ?? "-"
        let ended = NIODeadline.now() - self.started
        self.failed.append(Failed(endpoint: endpoint, began: self.lastBegan, ended: ended, code: code))
    }

    /// Returns what `headNanoseconds` is from now on.
    mutating func answer() -> Int64 {
        let nanoseconds = (.now() - self.started).nanoseconds
        self.headNanoseconds = nanoseconds
        return nanoseconds
    }
}

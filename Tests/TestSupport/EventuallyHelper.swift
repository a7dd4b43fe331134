// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

/// What `eventually` throws. Its text carries the place of the call.
package struct NeverHappened: Error, CustomStringConvertible {
    package let description: String
}

/// Waits until `condition` holds, for tests against live processes and sockets, where nothing tells us. Looks again
/// after 1, 2, 4 … 50 ms, so that a passing test is fast; never waits for a fixed time. Everything in process should
/// rather be driven by `ManualClock` or awaited.
package func eventually(
    within limit: Duration = .seconds(60),
    file: String = #fileID,
    line: UInt = #line,
    _ condition: () async throws -> Bool
) async throws {
    try await eventualValue(within: limit, file: file, line: line) { try await condition() ? () : nil }
}

/// The first value that is not nil.
@discardableResult
package func eventualValue<Value>(
    within limit: Duration = .seconds(60),
    file: String = #fileID,
    line: UInt = #line,
    _ value: () async throws -> Value?
) async throws -> Value {
    let clock = ContinuousClock()
    let end = clock.now + limit
    var pause = Duration.milliseconds(1)
    while true {
        if let value = try await value() { return value }
        guard clock.now < end else {
            throw NeverHappened(description: "\(file):\(line): did not happen within \(limit)")
        }
        try await Task.sleep(for: pause, tolerance: .zero, clock: clock)
        pause = min(pause * 2, .milliseconds(50))
    }
}

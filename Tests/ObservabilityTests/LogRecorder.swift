// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Observability
internal import Synchronization

/// Keeps what was logged.
final class LogRecorder: Sendable {
    private let kept = Mutex<[String]>([])

    var stream: LogStream {
        LogStream { [self] line in kept.withLock { $0.append(String(decoding: line, as: UTF8.self)) } }
    }

    var lines: [String] { kept.withLock { $0 } }
}

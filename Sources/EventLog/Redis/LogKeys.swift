// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

/// Names of the log's keys in Redis.
struct LogKeys: Sendable {
    /// The stream, `gatecast:log`.
    let log: String
    let mark: String
    let probe: String
    private let prefix: String

    /// - Parameter log: the others stand beside it, under what precedes its last colon.
    init(log: String) {
        self.log = log
        prefix = log.lastIndex(of: ":").map { String(log[...$0]) } ?? ""
        mark = prefix + "mark"
        probe = prefix + "probe"
    }

    /// Remembers the id a topic's key was first published with. Topics have no spaces.
    func published(_ topic: String, _ key: String) -> String { "\(prefix)key:\(topic) \(key)" }
}

// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Synchronization

/// Open connections by client address, over all loops; touched at accept and at close only.
final class AddressCounter: Sendable {
    private let counts = Mutex<[[UInt8]: Int]>([:])

    /// Whether one more connection of `key` may stay; `limit` 0: no cap. Each `true` owes one `leave`.
    func enter(_ key: [UInt8], limit: Int) -> Bool {
        self.counts.withLock { counts in
            let count = counts[key, default: 0]
            guard limit == 0 || count < limit else { return false }
            counts[key] = count + 1
            return true
        }
    }

    func leave(_ key: [UInt8]) {
        self.counts.withLock { counts in
            guard let count = counts[key] else { return }
            counts[key] = count > 1 ? count - 1 : nil
        }
    }
}

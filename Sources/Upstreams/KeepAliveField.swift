// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import HTTPMessages

/// `Keep-Alive: timeout=5, max=1000`: what the peer promises about an idle connection.
enum KeepAliveField {
    /// Whole seconds, or nil if it promises nothing we can read.
    static func timeout(in head: borrowing MessageHead) -> Int64? {
        guard let value = head.first(.keepAlive) else { return nil }
        let prefix = Array("timeout=".utf8)
        for parameter in TokenList(value) {
            guard parameter.prefix(prefix.count).elementsEqual(prefix, by: { $0 | 0x20 == $1 | 0x20 }) else { continue }
            let digits = parameter.dropFirst(prefix.count)
            guard (1...9).contains(digits.count) else { return nil }
            var seconds: Int64 = 0
            for digit in digits {
                guard (0x30...0x39).contains(digit) else { return nil }
                seconds = seconds * 10 + Int64(digit - 0x30)
            }
            return seconds
        }
        return nil
    }
}

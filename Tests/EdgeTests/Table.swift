// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import Foundation

@testable import Edge

/// Rows of `Tables/NAME.table`: cells between bars, blanks trimmed, `#` lines are comments. A table that cannot be read has no
/// rows, and the test over it fails for want of cases.
enum Table {
    static func rows(_ name: String) -> [[String]] {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("Tables/\(name).table")
        guard let text = try? String(contentsOf: file, encoding: .utf8) else { return [] }
        return text.split(separator: "\n").filter { !$0.hasPrefix("#") }.map { line in
            line.split(separator: "|", omittingEmptySubsequences: false).map { cell in
                cell.trimmingCharacters(in: .whitespaces)
            }
        }
    }

    /// `\r`, `\n`, `\t`, `\0` and `\xNN` are bytes.
    static func bytes(_ cell: String) -> [UInt8] {
        var bytes: [UInt8] = []
        var rest = Array(cell.utf8)[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "\\"), let kind = rest.popFirst() else {
                bytes.append(byte)
                continue
            }
            switch kind {
            case UInt8(ascii: "r"): bytes.append(13)
            case UInt8(ascii: "n"): bytes.append(10)
            case UInt8(ascii: "t"): bytes.append(9)
            case UInt8(ascii: "0"): bytes.append(0)
            case UInt8(ascii: "x"):
                guard let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) else {
                    fatalError("no byte in \(cell)")
                }
                bytes.append(value)
                rest = rest.dropFirst(2)
            default: fatalError("no such escape in \(cell)")
            }
        }
        return bytes
    }

    /// `prefix=/api/ strip slash=append`.
    static func route(_ words: String) -> RouteSettings {
        var route = RouteSettings(prefix: "/", upstream: "u", authentication: .none)
        for word in words.split(separator: " ") {
            let parts = word.split(separator: "=", maxSplits: 1).map(String.init)
            switch parts[0] {
            case "prefix": route.prefix = parts[1]
            case "strip": route.rewrite = .strip
            case "rewrite": route.rewrite = .replace(parts[1])
            case "slash": route.slash = .append
            default: fatalError("no such word: \(word)")
            }
        }
        return route
    }
}

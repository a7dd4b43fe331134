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

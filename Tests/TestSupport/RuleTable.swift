// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation

/// A table of `docs/security.md`, read so that a test can hold the code against it: the first row that fits decides.
///
/// A table follows a comment `<!-- table: name -->`. Cells lose their back quotes.
package struct RuleTable: Sendable {
    package struct Failure: Error, CustomStringConvertible {
        package let description: String

        package init(description: String) { self.description = description }
    }

    package let columns: [String]
    package let rows: [[String]]
    /// Of each row, the cells that ask for something.
    private let conditions: [[(column: String, cell: String)]]

    /// - Parameter name: as in the comment above the table.
    package static func load(_ name: String, page: String = "docs/security.md", file: String = #filePath) throws
        -> RuleTable
    {
        let root = URL(fileURLWithPath: file).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        return try RuleTable(name, text: String(contentsOf: root.appendingPathComponent(page), encoding: .utf8))
    }

    package init(_ name: String, text: String) throws {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        guard let start = lines.firstIndex(of: "<!-- table: \(name) -->") else {
            throw Failure(description: "no table \(name)")
        }
        let table = lines[(start + 1)...].prefix { $0.hasPrefix("|") }.map(Self.cells)
        guard table.count > 2 else { throw Failure(description: "table \(name) is empty") }
        self.columns = table[0]
        let rows = Array(table[2...])
        self.rows = rows
        self.conditions = rows.map { row in
            zip(table[0], row).dropLast().filter { $0.1 != "*" }.map { (column: $0.0, cell: $0.1) }
        }
        for row in self.rows where row.count != self.columns.count || !["allow", "refuse"].contains(row.last) {
            throw Failure(description: "table \(name): a row without a verdict or with a cell too many: \(row)")
        }
    }

    private static func cells(_ line: Substring) -> [String] {
        line.dropFirst().dropLast().split(separator: "|", omittingEmptySubsequences: false).map {
            $0.trimmingCharacters(in: .whitespaces).replacingOccurrences(of: "`", with: "")
        }
    }

    /// The index of the row that decides, and what it says.
    /// - Parameter fits: whether a cell other than `*` fits, by column.
    package func decide(_ fits: (_ column: String, _ cell: String) throws -> Bool) throws -> (row: Int, isAllowed: Bool)
    {
        for (index, conditions) in self.conditions.enumerated()
        where try conditions.allSatisfy({ try fits($0.column, $0.cell) }) {
            return (index, self.rows[index].last == "allow")
        }
        throw Failure(description: "no row fits")
    }
}

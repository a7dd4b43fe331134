// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

package import GRDB

/// One step of a database's history, applied once, in a transaction of its own, and remembered by its name.
///
/// A migration that has shipped never changes: a later one repairs it. The order of the array given to
/// `ServiceDatabase.open` is the order of application.
package struct Migration: Sendable {
    /// Unique within one database, for example `tasks-1`. Stored in the database: renaming it applies it again.
    package let name: String
    package let apply: @Sendable (GRDB.Database) throws -> Void

    package init(_ name: String, apply: @escaping @Sendable (GRDB.Database) throws -> Void) {
        self.name = name
        self.apply = apply
    }
}

extension Sequence where Element == Migration {
    func migrator() -> DatabaseMigrator {
        var migrator = DatabaseMigrator()
        for migration in self {
            migrator.registerMigration(migration.name) { database in
                try migration.apply(database)
            }
        }
        return migrator
    }
}

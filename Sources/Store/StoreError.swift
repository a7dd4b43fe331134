// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import GRDB

/// A database that cannot serve, in words its operator can act on. Violated constraints are not among these: they are
/// the caller's logic and stay GRDB's `DatabaseError`.
package struct StoreError: Error, Sendable, CustomStringConvertible {
    package enum Code: String, Sendable {
        /// The file is not a database, or pages of it are damaged.
        case corrupt
        /// Another process has held the write lock for longer than the busy timeout.
        case locked
        /// The disk, or the user's quota, is full.
        case full
        /// The file or its directory cannot be made, opened or written.
        case unwritable
        /// A newer program has migrated this file further than this program knows.
        case newer
        /// The disk reported a failed read, write or sync.
        case io
    }

    package let code: Code
    package let path: String
    /// What SQLite or the system said. For the log: it may contain SQL, never values.
    package let detail: String

    package init(_ code: Code, path: String, detail: String) {
        self.code = code
        self.path = path
        self.detail = detail
    }

    /// Whether the same call may succeed later without anyone's help.
    package var isRetryable: Bool { self.code == .locked }

    package var description: String {
        switch self.code {
        case .corrupt:
            "\(self.path): not a sound SQLite database (\(self.detail)). "
                + "Move it aside together with its -wal and -shm files and restore a backup, or start without it."
        case .locked:
            "\(self.path): locked by another process (\(self.detail)). "
                + "Stop the other process, or give this one its own DATA directory."
        case .full:
            "\(self.path): the disk is full (\(self.detail)). Free some space; nothing half-written was kept."
        case .unwritable:
            "\(self.path): cannot be opened for writing (\(self.detail)). "
                + "Make its directory writable for this user, or set DATA to one that is."
        case .newer:
            "\(self.path): was written by a newer version (\(self.detail)). Run that version, or restore an older backup."
        case .io:
            "\(self.path): the disk failed (\(self.detail)). Check the system's log and the disk before starting again."
        }
    }
}

extension StoreError {
    /// Sorts SQLite's result codes. `nil` for codes that speak of the statement, not of the file.
    init?(_ error: DatabaseError, path: String) {
        let code: Code
        switch error.resultCode {
        case .SQLITE_CORRUPT, .SQLITE_NOTADB: code = .corrupt
        case .SQLITE_BUSY, .SQLITE_LOCKED, .SQLITE_PROTOCOL: code = .locked
        case .SQLITE_FULL: code = .full
        case .SQLITE_CANTOPEN, .SQLITE_READONLY, .SQLITE_PERM, .SQLITE_AUTH: code = .unwritable
        case .SQLITE_IOERR: code = .io
        default: return nil
        }
        self.init(code, path: path, detail: error.message ?? "SQLite result \(error.extendedResultCode.rawValue)")
    }
}

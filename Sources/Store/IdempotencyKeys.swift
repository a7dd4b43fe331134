// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation
package import GRDB

/// What was answered to a request that may be sent again.
package struct StoredAnswer: Sendable, Hashable {
    package let status: Int
    package let location: String
    package let etag: String
    package let body: [UInt8]

    package init(status: Int, location: String, etag: String, body: [UInt8]) {
        self.status = status
        self.location = location
        self.etag = etag
        self.body = body
    }
}

/// A request that its client may send twice and wants done once (`Idempotency-Key`).
package struct IdempotentRequest: Sendable, Hashable {
    /// Whose key it is: keys of different users never meet.
    package let subject: String
    package let key: String
    /// Of everything that makes the request what it is.
    package let digest: [UInt8]
    /// Kept with the change, and given to every repetition.
    package let answer: StoredAnswer
    /// Unix milliseconds: keys older than this are forgotten.
    package let forgottenBefore: Int64

    package init(subject: String, key: String, digest: [UInt8], answer: StoredAnswer, forgottenBefore: Int64) {
        self.subject = subject
        self.key = key
        self.digest = digest
        self.answer = answer
        self.forgottenBefore = forgottenBefore
    }
}

/// Keys of requests that succeeded, each with its answer, written in the transaction of the change itself: so a key is known exactly
/// when its change was made, and two requests with one key cannot both make it, not even in two processes.
package enum IdempotencyKeys {
    package enum Verdict: Sendable, Hashable {
        case fresh
        case repeated(StoredAnswer)
        /// The key came with another request before.
        case reused
    }

    package static let migration = Migration("idempotency-1") { database in
        try database.execute(
            sql: """
                CREATE TABLE idempotency_keys (
                    subject TEXT NOT NULL,
                    key TEXT NOT NULL,
                    digest BLOB NOT NULL,
                    status INTEGER NOT NULL,
                    location TEXT NOT NULL,
                    etag TEXT NOT NULL,
                    body BLOB NOT NULL,
                    created_at INTEGER NOT NULL,
                    PRIMARY KEY (subject, key)
                ) STRICT, WITHOUT ROWID;
                CREATE INDEX idempotency_keys_by_time ON idempotency_keys(created_at);
                """
        )
    }

    /// Call it first in the transaction of the change; make the change only when the verdict is `fresh`, for then the key
    /// has been written.
    package static func admit(
        _ request: IdempotentRequest,
        at now: Int64,
        in database: GRDB.Database
    ) throws -> Verdict {
        let row = try Row.fetchOne(
            database,
            sql: """
                SELECT digest, status, location, etag, body FROM idempotency_keys
                WHERE subject = ? AND key = ? AND created_at >= ?
                """,
            arguments: [request.subject, request.key, request.forgottenBefore]
        )
        if let row {
            let (digest, body): (Data, Data) = (row[0], row[4])
            guard [UInt8](digest) == request.digest else { return .reused }
            return .repeated(StoredAnswer(status: row[1], location: row[2], etag: row[3], body: [UInt8](body)))
        }
        let answer = request.answer
        try database.execute(
            sql: "INSERT OR REPLACE INTO idempotency_keys VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            arguments: [
                request.subject, request.key, Data(request.digest), answer.status, answer.location, answer.etag,
                Data(answer.body), now,
            ]
        )
        return .fresh
    }

    /// Deletes at most `limit` keys written before `time` (Unix milliseconds). Answers how many.
    package static func prune(before time: Int64, limit: Int, in database: GRDB.Database) throws -> Int {
        try database.execute(
            sql: """
                DELETE FROM idempotency_keys WHERE (subject, key) IN (
                    SELECT subject, key FROM idempotency_keys WHERE created_at < ? LIMIT ?
                )
                """,
            arguments: [time, limit]
        )
        return database.changesCount
    }
}

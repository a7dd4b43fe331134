// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

package import GRDB

/// A long job's line to the store. Every call throws `JobLost` once the job is cancelled or somebody else's: let it through.
package struct JobProgress: Sendable {
    let job: Job
    let owner: String
    let database: ServiceDatabase

    /// Tells people how far it is, in units of the job's own.
    package func report(done: Int64, total: Int64? = nil) async throws {
        try await self.step(done: done, total: total) { _ in }
    }

    /// One step: its work, how far the job is then, and where it goes on after a crash, in one transaction. So a step's
    /// effect happens once.
    package func step(
        done: Int64,
        total: Int64? = nil,
        checkpoint: String? = nil,
        _ work: @escaping @Sendable (GRDB.Database) throws -> Void
    ) async throws {
        let (job, owner) = (self.job, self.owner)
        try await self.database.write { database in
            try JobQueue.report(job, owner: owner, done: done, total: total, checkpoint: checkpoint, in: database)
            try work(database)
        }
    }

    /// The same for work that knows only afterwards how far it got.
    /// - Parameter work: how far the job is, and what to return.
    package func step<Value: Sendable>(
        _ work: @escaping @Sendable (GRDB.Database) throws -> (done: Int64, value: Value)
    ) async throws -> Value {
        let (job, owner) = (self.job, self.owner)
        return try await self.database.write { database in
            let (done, value) = try work(database)
            try JobQueue.report(job, owner: owner, done: done, total: nil, checkpoint: nil, in: database)
            return value
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation
package import Store
internal import StrictJSON

/// A service's jobs for the people who run it: what the command `jobs` prints and does, on the store itself, whether the service
/// runs or not.
package struct JobDesk: Sendable {
    package struct Unknown: Error, CustomStringConvertible {
        package let description: String
    }

    private let database: ServiceDatabase
    private let now: @Sendable () -> Int64

    package init(
        database: ServiceDatabase,
        now: @escaping @Sendable () -> Int64 = { Int64(Date().timeIntervalSince1970 * 1000) }
    ) {
        self.database = database
        self.now = now
    }

    /// Of the service that these settings run. Makes no store: where there is none there are no jobs.
    package static func open(_ settings: ServiceSettings, migrations: [Migration]) throws -> JobDesk {
        guard FileManager.default.fileExists(atPath: settings.databasePath) else {
            throw Unknown(
                description: "\(settings.databasePath) does not exist. Give the DATA that the service runs with."
            )
        }
        return JobDesk(database: try ServiceDatabase.open(path: settings.databasePath, migrations: migrations))
    }

    /// One line a job, newest first.
    /// - Parameter states: empty for all but the done ones.
    package func list(states: [Job.State], kind: String?, limit: Int) async throws -> String {
        let states = states.isEmpty ? Job.State.allCases.filter { $0 != .done } : states
        let jobs = try await self.database.read { database in
            try JobQueue.list(states: states, kind: kind, limit: limit, in: database)
        }
        guard !jobs.isEmpty else { return "No such jobs." }
        return jobs.map(Self.line).joined(separator: "\n")
    }

    package func show(_ id: Int64) async throws -> String {
        let job = try await self.database.read { try JobQueue.find(id, in: $0) }
        guard let job else { throw Self.unknown(id) }
        return Self.json(job).description
    }

    package func retry(_ id: Int64) async throws -> String {
        let now = self.now()
        let done = try await self.database.write { try JobQueue.retry(id, at: now, in: $0) }
        if done { return "\(id) is due now" }
        throw try await self.refusal(id, "is running or done, or a newer job of its key waits: it cannot be retried.")
    }

    package func cancel(_ id: Int64) async throws -> String {
        let now = self.now()
        let done = try await self.database.write { try JobQueue.cancel(id, at: now, in: $0) }
        if done { return "\(id) cancelled" }
        throw try await self.refusal(id, "has ended already: there is nothing to cancel.")
    }

    private func refusal(_ id: Int64, _ why: String) async throws -> Unknown {
        let job = try await self.database.read { try JobQueue.find(id, in: $0) }
        return job == nil ? Self.unknown(id) : Unknown(description: "Job \(id) \(why)")
    }

    private static func unknown(_ id: Int64) -> Unknown {
        Unknown(description: "There is no job \(id). `jobs list` prints those there are.")
    }

    static func line(_ job: Job) -> String {
        var parts = ["\(job.id)", job.state.rawValue, job.kind, job.key ?? "-", Instant.text(milliseconds: job.runAt)]
        parts.append("attempts \(job.attempts)")
        if job.done > 0 { parts.append(job.total.map { "\(job.done) of \($0)" } ?? "\(job.done) done") }
        if let error = job.error { parts.append(error) }
        return parts.joined(separator: "  ")
    }

    private static func json(_ job: Job) -> JSONValue {
        func text(_ value: String?) -> JSONValue { value.map { .string($0) } ?? .null }
        func time(_ value: Int64?) -> JSONValue { text(value.map(Instant.text(milliseconds:))) }
        return [
            "id": .integer(job.id),
            "kind": .string(job.kind),
            "key": text(job.key),
            "state": .string(job.state.rawValue),
            "run_at": time(job.runAt),
            "attempts": .integer(Int64(job.attempts)),
            "done": .integer(job.done),
            "total": job.total.map { .integer($0) } ?? .null,
            "checkpoint": text(job.checkpoint),
            "error": text(job.error),
            "created_at": time(job.createdAt),
            "started_at": time(job.startedAt),
            "finished_at": time(job.finishedAt),
            "request_id": text(job.cause.requestID),
            "traceparent": text(job.cause.traceparent),
            // Ours always are JSON; a payload from elsewhere is shown as text.
            "payload": (try? JSONScanner.parse(job.payload)) ?? .string(String(decoding: job.payload, as: UTF8.self)),
        ]
    }
}

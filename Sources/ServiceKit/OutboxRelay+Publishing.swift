// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

package import EventLog
package import Logging
package import Store
internal import Wire

/// The two places an outbox leads to: other services, and browsers.
extension OutboxRelay {
    /// Each row becomes a domain event: the outbox event's id, type and subject are the CloudEvent's.
    ///
    /// The embedded bus forgets with its process what its consumers had not finished, so it hears the last day's events
    /// again at each start; consumers know them by their ids.
    ///
    /// - Parameter source: the CloudEvents `source`, for example `/tasks`.
    package static func publishing(
        from database: ServiceDatabase,
        to bus: any EventBus,
        source: String,
        timing: Timing = Timing(),
        logger: Logger
    ) -> OutboxRelay {
        OutboxRelay(
            database: database,
            timing: timing,
            replaysDelivered: bus is EmbeddedEventBus,
            deliver: { rows in try await Self.publish(rows, to: bus, source: source) },
            logger: logger
        )
    }

    /// All at once; where the bus refuses something, one by one to find the culprit.
    private static func publish(_ rows: [OutboxRow], to bus: any EventBus, source: String) async throws {
        do throws(EventLogError) {
            return try await bus.publish(rows.map { DomainEvent($0, source: source) })
        } catch {
            if error.isRetryable { throw error }
        }
        for row in rows {
            do throws(EventLogError) {
                try await bus.publish(DomainEvent(row, source: source))
            } catch {
                if error.isRetryable { throw error }
                throw OutboxRejection(position: row.position, reason: error.description)
            }
        }
    }

    /// Each row becomes an event for browsers: the row's subject is the topic, its id the key, so that a second delivery
    /// is not seen twice (live.md §3).
    package static func appending(
        from database: ServiceDatabase,
        to log: any EventLog,
        timing: Timing = Timing(),
        logger: Logger
    ) -> OutboxRelay {
        OutboxRelay(
            database: database,
            timing: timing,
            deliver: { rows in try await Self.append(rows, to: log) },
            logger: logger
        )
    }

    /// All at once; where the log refuses something, one by one to find the culprit.
    private static func append(_ rows: [OutboxRow], to log: any EventLog) async throws {
        do {
            _ = try await log.append(rows.map(Self.liveEvent))
        } catch let error as EventLogError where !error.isRetryable {
            for row in rows {
                do {
                    _ = try await log.append([Self.liveEvent(row)])
                } catch let error as EventLogError where !error.isRetryable {
                    throw OutboxRejection(position: row.position, reason: error.description)
                }
            }
        }
    }

    private static func liveEvent(_ row: OutboxRow) throws -> NewEvent {
        do {
            return try NewEvent(topic: Topic(row.event.subject), data: row.event.data, key: row.event.id)
        } catch {
            throw OutboxRejection(position: row.position, reason: "not a topic: \(error)")
        }
    }
}

extension DomainEvent {
    fileprivate init(_ row: OutboxRow, source: String) {
        self.init(
            id: row.event.id,
            source: source,
            type: row.event.type,
            subject: row.event.subject,
            time: Instant.text(milliseconds: row.event.createdAt),
            cause: row.event.cause,
            data: row.event.data
        )
    }
}

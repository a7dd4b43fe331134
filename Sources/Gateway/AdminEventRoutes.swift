// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import EventLog
internal import HTTPTypes
internal import Hummingbird
internal import NIOCore
internal import ServiceLifecycle
internal import StrictJSON
internal import Wire

/// `POST /publish`, `POST /broadcast` and `GET /tail`.
struct AdminEventRoutes {
    var events: AdminEvents

    func add(to group: RouterGroup<BasicRequestContext>) {
        group.post("publish") { request, _ in try await publish(request) }
        group.post("broadcast") { request, _ in try await broadcast(request) }
        group.get("tail") { request, _ in try tail(request) }
    }

    private func publish(_ request: Request) async throws -> Response {
        let bound = (events.maxData + 1024) * PublishRequest.maxItems
        let body: ByteBuffer
        do { body = try await request.body.collect(upTo: bound) } catch {
            throw AdminProblem.tooLarge("The body is longer than \(bound) bytes.")
        }
        let parsed = try PublishRequest(body: Array(body.readableBytesView), maxData: events.maxData)
        let answers = try await events.publish(parsed).map(Self.answer)
        return AdminServer.json(parsed.isBatch ? .array(answers) : answers[0])
    }

    private func broadcast(_ request: Request) async throws -> Response {
        let bound = events.maxData + 1024
        let body: ByteBuffer
        do { body = try await request.body.collect(upTo: bound) } catch {
            throw AdminProblem.tooLarge("The body is longer than \(bound) bytes.")
        }
        let parsed = try BroadcastRequest(body: Array(body.readableBytesView), maxData: events.maxData)
        do { _ = try await events.log.append([parsed.event]) } catch { throw AdminEvents.problem(error) }
        return Response(status: .accepted)
    }

    private static func answer(_ appended: Appended?) -> JSONValue {
        guard let appended else { return .object([.init(name: "ephemeral", value: .bool(true))]) }
        var members: [JSONValue.Member] = [.init(name: "id", value: .string("\(appended.id)"))]
        if appended.duplicate { members.append(.init(name: "duplicate", value: .bool(true))) }
        return .object(members)
    }

    private func tail(_ request: Request) throws -> Response {
        var filters: [TopicFilter] = []
        for text in request.uri.queryParameters.getAll("topic") {
            do { filters.append(try TopicFilter(text)) } catch {
                throw AdminProblem.badRequest("\"\(text)\" is no topic and no subtree like org.*: \(error).")
            }
        }
        var since: Cursor?
        if let text = request.uri.queryParameters["since"], !text.isEmpty {
            guard let cursor = Cursor(text) else { throw AdminProblem.badRequest("\"since\" is no cursor.") }
            since = cursor
        }
        let sink = TailSink(filters: filters, since: since)
        return Response(
            status: .ok,
            headers: [.contentType: "text/event-stream", .cacheControl: "no-cache, no-transform"],
            body: .init { writer in
                // A quiet tail writes nothing, so only its reading side would tell that the terminal has gone.
                try await request.body.consumeWithCancellationOnInboundClose { _ in
                    try await stream(sink, to: &writer)
                    try await writer.finish(nil)
                }
            }
        )
    }

    /// Readers and writer end together: whichever stops first, by overflow too, ends the stream; the terminal resumes by its last id.
    @concurrent
    func stream(_ sink: TailSink, to writer: inout any ResponseBodyWriter) async throws {
        let (log, lane) = (events.log, events.lane)
        try await writer.write(ByteBuffer(string: ": gatecast tail\n\n"))
        try await withThrowingTaskGroup { readers in
            readers.addTask {
                defer { sink.finish() }
                try await log.run(into: sink)
            }
            readers.addTask {
                defer { sink.finish() }
                try await lane.run(into: sink)
            }
            // A tail has no end of its own: the process's shutdown is one.
            readers.addTask {
                defer { sink.finish() }
                try await gracefulShutdown()
            }
            for await chunk in sink.chunks { try await writer.write(chunk) }
            readers.cancelAll()
        }
    }
}

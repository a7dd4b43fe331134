// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation
internal import HTTPTypes
package import Hummingbird
package import Logging
internal import Metrics
package import Observability
internal import Store

/// Around every route of a service: the request id, the access log, the metrics, and the one place where an error
/// becomes a response.
package struct ServiceResponder: HTTPResponder {
    package typealias Context = ServiceContext

    /// Refused with 405 where a path has no use for them; others are 501 (RFC 9110 §9.1).
    static let methods: [HTTPRequest.Method] = [
        .get, .head, .post, .put, .patch, .delete, .options, .trace, HTTPRequest.Method("QUERY")!,
    ]

    private let service: String
    private let routes: RouterResponder<ServiceContext>
    private let spans: (any SpanSink)?
    private let logger: Logger

    /// - Parameter spans: where finished spans go; `nil`: nowhere.
    package init(
        service: String,
        routes: RouterResponder<ServiceContext>,
        spans: (any SpanSink)? = nil,
        logger: Logger
    ) {
        self.service = service
        self.routes = routes
        self.spans = spans
        self.logger = logger
    }

    package func respond(to request: Request, context: ServiceContext) async throws -> Response {
        let start = ContinuousClock.now
        var context = context
        context.requestID = RequestIdentifier.accepted(request.headers[values: RequestIdentifier.field])
        var logger = self.logger
        context.trace = ServiceTrace(request.headers[values: ServiceTrace.field])
        logger[metadataKey: "request.id"] = "\(context.requestID)"
        logger[metadataKey: "trace.id"] = "\(context.trace.id)"
        context.logger = logger

        var response = await self.answer(request, context)
        response.headers[RequestIdentifier.field] = context.requestID
        self.record(request, response, context, took: .now - start, logger: logger)
        return response
    }

    private func answer(_ request: Request, _ context: ServiceContext) async -> Response {
        guard Self.methods.contains(request.method) else {
            return ProblemDetails(status: .notImplemented, code: "not-implemented").response(
                requestID: context.requestID
            )
        }
        do {
            let response = try await self.routes.respond(to: request, context: context)
            return self.asProblem(response, request, context)
        } catch {
            let problem = self.rescue(error, context.logger)
            return problem.response(requestID: context.requestID)
        }
    }

    /// Hummingbird answers some errors (no such route, unreadable parameters) by itself: they get our form here.
    private func asProblem(_ response: Response, _ request: Request, _ context: ServiceContext) -> Response {
        guard response.status.code >= 400,
            response.status != .serviceUnavailable || response.headers[.contentType] == nil,
            response.headers[.contentType] != ProblemDetails.contentType
        else { return response }
        let problem: ProblemDetails =
            response.status == .notFound
            ? .notFound
            : ProblemDetails(status: response.status, code: response.status.kebabCase)
        return problem.response(requestID: context.requestID)
    }

    private func rescue(_ error: any Error, _ logger: Logger) -> ProblemDetails {
        switch error {
        case let problem as ProblemDetails:
            if let reason = problem.reason {
                logger.info("refused", metadata: ["code": "\(problem.code)", "reason": "\(reason)"])
            }
            return problem
        case let error as StoreError:
            logger.error("store failed", metadata: ["code": "\(error.code.rawValue)", "error": "\(error)"])
            return .storeUnavailable(reason: error.description)
        case is CancellationError:
            return ProblemDetails(status: .serviceUnavailable, code: "shutting-down", headers: [.retryAfter: "1"])
        default:
            logger.error("unexpected error", metadata: ["error": "\(error)", "error.type": "\(type(of: error))"])
            return .internalError
        }
    }

    /// Never the query, never a header value.
    private func record(
        _ request: Request,
        _ response: Response,
        _ context: ServiceContext,
        took: Duration,
        logger: Logger
    ) {
        let path = request.uri.path
        let isProbe = path == "/livez" || path == "/readyz" || path == "/metrics"
        let route = context.endpointPath ?? "none"
        logger.log(
            level: isProbe ? .debug : .info,
            "request",
            metadata: [
                "method": "\(request.method.rawValue.prefix(16))",
                "path": "\(path.prefix(256))",
                "status": "\(response.status.code)",
                "route": "\(route)",
                "duration_ms": "\(Self.milliseconds(took))",
            ]
        )
        if !isProbe { self.recordSpan(request, response, context, took: took) }
        let dimensions = [("service", self.service), ("route", route), ("status", "\(response.status.code)")]
        Counter(label: "service_requests_total", dimensions: dimensions).increment()
        Metrics.Timer(label: "service_request_duration_seconds", dimensions: Array(dimensions.prefix(2)))
            .recordNanoseconds(Int64(took / .nanoseconds(1)))
    }

    private func recordSpan(_ request: Request, _ response: Response, _ context: ServiceContext, took: Duration) {
        guard let spans else { return }
        var attributes: [(name: String, value: SpanRecord.Value)] = [
            ("http.request.method", .text(String(request.method.rawValue.prefix(16)))),
            ("url.path", .text(String(request.uri.path.prefix(256)))),
            ("http.response.status_code", .number(response.status.code)),
            ("gatecast.request.id", .text(context.requestID)),
        ]
        if let route = context.endpointPath { attributes.append(("http.route", .text(route))) }
        let name = "\(request.method.rawValue.prefix(16)) \(context.endpointPath ?? "")"
        let isError = response.status.code >= 500
        if let span = context.trace.record(.server, name, took: took, isError: isError, attributes) {
            spans.record([span])
        }
    }

    /// As log lines write it: with microseconds as decimals.
    static func milliseconds(_ duration: Duration) -> Double { (duration / .microseconds(1)).rounded() / 1000 }
}

extension HTTPResponse.Status {
    fileprivate var kebabCase: String {
        self.reasonPhrase.isEmpty ? "error" : self.reasonPhrase.lowercased().replacing(" ", with: "-")
    }
}

// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation
internal import HTTPTypes
package import Hummingbird
package import Logging
internal import Metrics
internal import Store

/// Around every route of a service: the request id, the access log, the metrics, and the one place where an error
/// becomes a response.
package struct ServiceResponder: HTTPResponder {
    package typealias Context = ServiceContext

    /// Others are 501 (RFC 9110 §9.1).
    static let methods: [HTTPRequest.Method] = [.get, .head, .post, .put, .patch, .delete, .options]

    private let service: String
    private let routes: RouterResponder<ServiceContext>
    private let logger: Logger

    package init(service: String, routes: RouterResponder<ServiceContext>, logger: Logger) {
        self.service = service
        self.routes = routes
        self.logger = logger
    }

    package func respond(to request: Request, context: ServiceContext) async throws -> Response {
        let start = ContinuousClock.now
        var context = context
        context.requestID = RequestIdentifier.accepted(request.headers[values: RequestIdentifier.field])
        var logger = self.logger
        logger[metadataKey: "request.id"] = "\(context.requestID)"
        if let traceparent = TraceParent.accepted(request.headers[values: TraceParent.field]) {
            context.traceparent = traceparent
            logger[metadataKey: "trace.id"] = "\(TraceParent.traceID(traceparent))"
        }
        context.logger = logger

        var response = await self.answer(request, context)
        response.headers[RequestIdentifier.field] = context.requestID
        self.record(request, response, route: context.endpointPath, took: .now - start, logger: logger)
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
    private func record(_ request: Request, _ response: Response, route: String?, took: Duration, logger: Logger) {
        let path = request.uri.path
        let isProbe = path == "/livez" || path == "/readyz" || path == "/metrics"
        let seconds = took / .seconds(1)
        logger.log(
            level: isProbe ? .debug : .info,
            "request",
            metadata: [
                "method": "\(request.method.rawValue.prefix(16))",
                "path": "\(path.prefix(256))",
                "status": "\(response.status.code)",
                "duration_ms": "\((seconds * 1_000_000).rounded() / 1000)",
            ]
        )
        let dimensions = [("service", self.service), ("route", route ?? "none"), ("status", "\(response.status.code)")]
        Counter(label: "service_requests_total", dimensions: dimensions).increment()
        Metrics.Timer(label: "service_request_duration_seconds", dimensions: Array(dimensions.prefix(2)))
            .recordNanoseconds(Int64(seconds * 1e9))
    }
}

extension HTTPResponse.Status {
    fileprivate var kebabCase: String {
        self.reasonPhrase.isEmpty ? "error" : self.reasonPhrase.lowercased().replacing(" ", with: "-")
    }
}

// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import HTTPTypes
internal import Hummingbird
internal import NIOCore
internal import ServiceKit
internal import StrictJSON

/// 422 `validation-failed` with `errors: { field: [sentence, …] }`: the form the gateway hands on to a registration page
/// (login.md §2), which wants to put each sentence beside its field.
struct ValidationProblem: Error, Sendable {
    private(set) var errors: [(field: String, sentences: [String])] = []

    init(_ field: String, _ sentence: String) { self.add(field, sentence) }

    /// `nil` when `problem` is about something else than fields.
    init?(_ problem: ProblemDetails) {
        guard !problem.errors.isEmpty else { return nil }
        for fault in problem.errors {
            let field = String(fault.pointer.dropFirst()).replacing("~1", with: "/").replacing("~0", with: "~")
            self.add(field.isEmpty ? "body" : field, fault.detail)
        }
    }

    private mutating func add(_ field: String, _ sentence: String) {
        if let index = self.errors.firstIndex(where: { $0.field == field }) {
            self.errors[index].sentences.append(sentence)
        } else {
            self.errors.append((field, [sentence]))
        }
    }

    /// Faults of the body leave in this form; other problems pass.
    static func answering(_ requestID: String, _ body: () async throws -> Response) async throws -> Response {
        do {
            return try await body()
        } catch let problem as ValidationProblem {
            return problem.response(requestID: requestID)
        } catch let problem as ProblemDetails {
            guard let validation = ValidationProblem(problem) else { throw problem }
            return validation.response(requestID: requestID)
        }
    }

    func response(requestID: String) -> Response {
        let errors = self.errors.map { error in
            JSONValue.Member(name: error.field, value: .array(error.sentences.map { .string($0) }))
        }
        let body: JSONValue = [
            "type": "about:blank", "title": "Unprocessable Content", "status": 422, "code": "validation-failed",
            "errors": .object(errors), "request_id": .string(requestID),
        ]
        var response = Response.json(body, status: .unprocessableContent)
        response.headers[.contentType] = ProblemDetails.contentType
        return response
    }
}

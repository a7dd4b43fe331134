// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

package import HTTPTypes
package import Hummingbird
internal import NIOCore
internal import StrictJSON

/// An error as its client sees it: `application/problem+json` (RFC 9457). Handlers throw it, `ServiceResponder` renders it.
package struct ProblemDetails: Error, Sendable {
    /// What is wrong with one member of the body.
    package struct Fault: Sendable, Hashable {
        /// JSON Pointer (RFC 6901) into the body, or the name of a query parameter.
        package let pointer: String
        package let detail: String

        package init(pointer: String, detail: String) {
            self.pointer = pointer
            self.detail = detail
        }
    }

    package var status: HTTPResponse.Status
    /// Stable and machine-readable, for example `invalid-token`.
    package var code: String
    /// One sentence for the client's developer. Never holds a secret, a path or another user's data.
    package var detail: String?
    package var errors: [Fault]
    /// Further fields of the response, for example `Retry-After`.
    package var headers: HTTPFields
    /// For the log only.
    package var reason: String?

    package init(
        status: HTTPResponse.Status,
        code: String,
        detail: String? = nil,
        errors: [Fault] = [],
        headers: HTTPFields = [:],
        reason: String? = nil
    ) {
        self.status = status
        self.code = code
        self.detail = detail
        self.errors = errors
        self.headers = headers
        self.reason = reason
    }
}

extension ProblemDetails {
    package static let contentType = "application/problem+json"

    package func response(requestID: String) -> Response {
        var members: [JSONValue.Member] = [
            .init(name: "type", value: .string("about:blank")),
            .init(name: "title", value: .string(self.status.reasonPhrase)),
            .init(name: "status", value: .integer(Int64(self.status.code))),
            .init(name: "code", value: .string(self.code)),
        ]
        if let detail = self.detail {
            members.append(.init(name: "detail", value: .string(detail)))
        }
        if !self.errors.isEmpty {
            let errors = self.errors.map { fault in
                JSONValue.object([
                    .init(name: "pointer", value: .string(fault.pointer)),
                    .init(name: "detail", value: .string(fault.detail)),
                ])
            }
            members.append(.init(name: "errors", value: .array(errors)))
        }
        members.append(.init(name: "request_id", value: .string(requestID)))
        var headers = self.headers
        headers[.contentType] = Self.contentType
        headers[.cacheControl] = "no-store"
        let body = ByteBuffer(bytes: JSONValue.object(members).encoded())
        return Response(status: self.status, headers: headers, body: ResponseBody(byteBuffer: body))
    }
}

// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

package import HTTPTypes
package import Hummingbird
internal import NIOCore
internal import StrictJSON

/// What the admin listener answers when it says no: an RFC 9457 document whose detail tells the operator what to write instead.
package struct AdminProblem: Error, Sendable, Equatable {
    package var status: HTTPResponse.Status
    package var code: String
    package var detail: String
    /// Seconds for `Retry-After`, where trying again may help.
    package var retryAfter: Int?

    package init(_ status: HTTPResponse.Status, _ code: String, _ detail: String, retryAfter: Int? = nil) {
        self.status = status
        self.code = code
        self.detail = detail
        self.retryAfter = retryAfter
    }

    package static func badRequest(_ detail: String) -> Self { .init(.badRequest, "bad-request", detail) }
    package static func tooLarge(_ detail: String) -> Self { .init(.contentTooLarge, "body-too-large", detail) }
    package static func unavailable(_ code: String, _ detail: String) -> Self {
        .init(.serviceUnavailable, code, detail, retryAfter: 1)
    }
}

extension AdminProblem: HTTPResponseError {
    package func response(from request: Request, context: some RequestContext) throws -> Response {
        let document = JSONValue.object([
            .init(name: "type", value: .string("about:blank")),
            .init(name: "title", value: .string(status.reasonPhrase)),
            .init(name: "status", value: .integer(Int64(status.code))),
            .init(name: "detail", value: .string(detail)),
            .init(name: "code", value: .string(code)),
        ])
        var headers: HTTPFields = [.contentType: "application/problem+json"]
        if let retryAfter { headers[.retryAfter] = String(retryAfter) }
        if status == .unauthorized { headers[.wwwAuthenticate] = "Bearer realm=\"gatecast-admin\"" }
        return Response(
            status: status,
            headers: headers,
            body: .init(byteBuffer: ByteBuffer(bytes: document.encoded()))
        )
    }
}

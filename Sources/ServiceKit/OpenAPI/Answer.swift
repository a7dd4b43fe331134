// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import StrictJSON

extension OpenAPI {
    /// One status an operation may answer with.
    package struct Answer: Sendable {
        let status: Int
        let description: String
        let mediaType: String
        let schema: Schema?
        let headers: KeyValuePairs<String, Schema>

        /// - Parameter schema: `nil`: no body.
        package init(
            _ status: Int,
            _ description: String,
            _ schema: Schema? = nil,
            mediaType: String = "application/json",
            headers: KeyValuePairs<String, Schema> = [:]
        ) {
            self.status = status
            self.description = description
            self.schema = schema
            self.mediaType = mediaType
            self.headers = headers
        }

        /// A refusal: `application/problem+json` (RFC 9457).
        package static func problem(_ status: Int, _ description: String, _ schema: Schema = .reference("Problem"))
            -> Answer
        {
            var headers: KeyValuePairs<String, Schema> = [:]
            if status == 401 { headers = ["WWW-Authenticate": .string()] }
            if status == 503 { headers = ["Retry-After": .string()] }
            return Answer(status, description, schema, mediaType: ProblemDetails.contentType, headers: headers)
        }

        /// Further headers.
        package func with(headers: KeyValuePairs<String, Schema>) -> Answer {
            Answer(self.status, self.description, self.schema, mediaType: self.mediaType, headers: headers)
        }

        var json: JSONValue {
            var members: [JSONValue.Member] = [.init(name: "description", value: .string(self.description))]
            let headers = self.headers.map { ($0.key, $0.value) } + [("X-Request-Id", Schema.string(1...64))]
            members.append(
                .init(
                    name: "headers",
                    value: .object(
                        headers.map { .init(name: $0.0, value: ["required": true, "schema": $0.1.json]) }
                    )
                )
            )
            if let schema {
                let content = JSONValue.Member(name: self.mediaType, value: ["schema": schema.json])
                members.append(.init(name: "content", value: .object([content])))
            }
            return .object(members)
        }
    }
}

extension OpenAPI.Schema {
    /// What `ProblemDetails.response` writes.
    package static let problem: Self = .problem(
        errors: .array(of: .object(["pointer": .string(), "detail": .string()]))
    )

    /// - Parameter errors: the form in which faults of a body are told.
    package static func problem(errors: Self) -> Self {
        .object(
            [
                "type": .string(),
                "title": .string(),
                "status": .integer(400...599),
                "code": Self.string().described("Stable and machine-readable."),
                "request_id": .string(1...64),
            ],
            optional: ["detail": .string(), "errors": errors],
            isOpen: true
        )
    }
}

// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

package import HTTPTypes
internal import StrictJSON

extension OpenAPI {
    /// One method of one path: what it takes and everything it may answer.
    ///
    /// The refusals that follow from the declaration (401 of a token, 413 of a body, 400 of a query …) are added to `answers`.
    package struct Operation: Sendable {
        package enum Access: Sendable { case open, bearer }

        package let method: HTTPRequest.Method
        /// As the router has it, without a final slash: `/api/tasks/{id}`.
        package let path: String
        /// `operationId`.
        let id: String
        let summary: String
        let access: Access
        let parameters: [Parameter]
        let body: Schema?
        /// Of the body.
        let mediaTypes: [String]
        let answers: [Answer]

        package init(
            _ method: HTTPRequest.Method,
            _ path: String,
            id: String,
            _ summary: String,
            access: Access = .bearer,
            parameters: [Parameter] = [],
            body: Schema? = nil,
            mediaTypes: [String] = ["application/json"],
            answers: [Answer]
        ) {
            self.method = method
            self.path = path
            self.id = id
            self.summary = summary
            self.access = access
            self.parameters = parameters
            self.body = body
            self.mediaTypes = mediaTypes
            self.answers = answers
        }

        /// The declared answers and the implied refusals, by status.
        var allAnswers: [Answer] {
            let declared = Set(self.answers.map(\.status))
            return (self.answers + self.implied.filter { !declared.contains($0.status) })
                .sorted { $0.status < $1.status }
        }

        private var implied: [Answer] {
            var answers: [Answer] = []
            if self.access == .bearer || self.body != nil || self.parameters.contains(where: { $0.place == .query }) {
                answers.append(.problem(400, "Something about the request cannot be understood; `code` says what."))
            }
            if self.access == .bearer {
                answers.append(.problem(401, "No token, or one that is not valid."))
            }
            if self.body != nil {
                answers += [
                    .problem(413, "The body is too large."),
                    .problem(415, "The body is of a media type that is not named here."),
                    .problem(422, "The body's members are not what they must be; `errors` tells of each."),
                ]
            }
            answers.append(.problem(503, "Not now; `Retry-After` says when to try again."))
            return answers
        }

        var json: JSONValue {
            var members: [JSONValue.Member] = [
                .init(name: "operationId", value: .string(self.id)),
                .init(name: "summary", value: .string(self.summary)),
                .init(name: "security", value: self.access == .bearer ? [["bearer": []]] : []),
            ]
            if !self.parameters.isEmpty {
                members.append(.init(name: "parameters", value: .array(self.parameters.map(\.json))))
            }
            if let body {
                let content = self.mediaTypes.map { JSONValue.Member(name: $0, value: ["schema": body.json]) }
                members.append(.init(name: "requestBody", value: ["required": true, "content": .object(content)]))
            }
            let answers = self.allAnswers.map { JSONValue.Member(name: "\($0.status)", value: $0.json) }
            members.append(.init(name: "responses", value: .object(answers)))
            return .object(members)
        }
    }
}

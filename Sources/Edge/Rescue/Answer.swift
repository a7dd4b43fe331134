// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

/// A complete response of the gateway's own. Cold: pages, endpoints, refusals.
package struct Answer: Sendable {
    package var status: Int
    /// Names in lower case. Length, date and connection fields are the writer's.
    package var fields: [(name: String, value: String)]
    package var body: [UInt8]
    /// What the access log calls it, where the status does not tell (a form's 303).
    package var code: String?

    package init(status: Int, fields: [(name: String, value: String)] = [], body: [UInt8] = []) {
        self.status = status
        self.fields = fields
        self.body = body
    }

    static func json(_ status: Int, _ body: [UInt8], cookies: [String] = []) -> Answer {
        var answer = Answer(
            status: status,
            fields: [("content-type", "application/json"), ("cache-control", "no-store")],
            body: body
        )
        for line in cookies { answer.fields.append(("set-cookie", line)) }
        return answer
    }

    static func empty(_ status: Int, cookies: [String] = []) -> Answer {
        var answer = Answer(status: status, fields: [("cache-control", "no-store")])
        for line in cookies { answer.fields.append(("set-cookie", line)) }
        return answer
    }
}

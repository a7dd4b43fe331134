// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

package import Hummingbird
package import ServiceKit

/// Which notices of an inbox a client asks for: `?unread=` and `?kind=`.
package struct NoticeFilter: Sendable, Hashable {
    /// `true`: unread ones only; `false`: read ones only; `nil`: both.
    package var unread: Bool?
    package var kind: NoticeKind?

    package init(unread: Bool? = nil, kind: NoticeKind? = nil) {
        self.unread = unread
        self.kind = kind
    }

    /// 400 `bad-unread` or `bad-kind`.
    package init(_ request: Request) throws(ProblemDetails) {
        let query = request.uri.queryParameters
        if let text = query["unread"] {
            guard let flag = Bool(String(text)) else {
                throw .badRequest("bad-unread", "unread must be true or false.")
            }
            self.unread = flag
        }
        if let text = query["kind"] {
            guard let kind = NoticeKind(rawValue: String(text)) else {
                throw .badRequest("bad-kind", "kind must be one of \(NoticeKind.names.joined(separator: ", ")).")
            }
            self.kind = kind
        }
    }

    static let parameters: [OpenAPI.Parameter] = [
        .init(.query, "unread", .boolean, "Unread ones only, or read ones only."),
        .init(.query, "kind", .oneOf(NoticeKind.names), "Those of one kind."),
    ]
}

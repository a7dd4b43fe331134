// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

/// Files the gateway brings along (the demo page). Asked only where no route matches, for GET and HEAD, on a loop: an
/// implementation answers from memory.
package protocol StaticPage: Sendable {
    /// `path` is the request's path, `/` for the page itself; `nil` leaves it a 404.
    func file(at path: String) -> StaticFile?
}

package struct StaticFile: Sendable {
    package var body: [UInt8]
    /// With its charset, such as `text/html; charset=utf-8`.
    package var contentType: String
    /// Further response fields (Content-Security-Policy, Cache-Control, …), names in lower case.
    package var fields: [(name: String, value: String)]

    package init(body: [UInt8], contentType: String, fields: [(name: String, value: String)] = []) {
        self.body = body
        self.contentType = contentType
        self.fields = fields
    }
}

// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import StrictJSON

/// One POST to a login backend.
struct BackendCall: Sendable {
    let path: String
    let body: [UInt8]
    let cookie: String?
    /// Address of the browser it is made for, for `X-Forwarded-For`; `nil` for the gateway's own calls.
    let client: String?

    init(path: String, body: JSONValue, cookie: String? = nil, client: String? = nil) {
        self.path = path
        self.body = body.encoded()
        self.cookie = cookie
        self.client = client
    }
}

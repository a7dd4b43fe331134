// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import StrictJSON
package import Wire

/// How a long-poll is answered: 200 with a JSON array of frames, 204 after 25 s, or a refusal.
package struct LongPollAnswer: Sendable {
    package var status: Int
    /// JSON: the frames, or a problem document for a refusal; empty for 204.
    package var body: [UInt8] = []
    /// For `Live-Cursor`.
    package var cursor: Cursor?
    /// Why not; nil for 200 and 204.
    package var refusal: CloseCode?
    /// For `Retry-After`, in milliseconds.
    package var retry: Int?

    init(status: Int, body: [UInt8] = [], cursor: Cursor?) {
        self.status = status
        self.body = body
        self.cursor = cursor
    }

    init(refusal: CloseCode, retry: Int?) {
        status = LongPollAnswer.status(of: refusal)
        self.refusal = refusal
        self.retry = retry
        let problem: JSONValue = [
            "title": .string(refusal.name), "status": .integer(Int64(status)),
            "code": .integer(Int64(refusal.rawValue)),
        ]
        body = problem.encoded()
    }

    /// The ordinary status that says the same as the close code.
    private static func status(of code: CloseCode) -> Int {
        switch code {
        case .badRequest: 400
        case .loginRequired, .sessionEnded, .sessionRenewed: 401
        case .forbidden: 403
        case .tooBig: 413
        case .tooManyConnections, .rateLimited, .tooSlow: 429
        case .overloaded, .internal, .draining, .maxAge: 503
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

package import HTTPTypes
package import Hummingbird

/// `Idempotency-Key`: a client that did not hear the answer sends the request again with the same key, and it is done once.
package enum IdempotencyKey {
    package static let field = HTTPField.Name("idempotency-key")!
    /// Tells that an answer is the one of before.
    package static let replayedField = HTTPField.Name("idempotency-replayed")!
    /// How long a key is remembered, in milliseconds.
    package static let lifetime: Int64 = 24 * 3600 * 1000

    /// `nil` without one; 400 for several, and for one that is not 1 to 255 visible ASCII characters. Quotes around it are
    /// part of the key.
    package static func of(_ request: Request) throws(ProblemDetails) -> String? {
        let values = request.headers[values: Self.field]
        guard let value = values.first else { return nil }
        guard values.count == 1, (1...255).contains(value.utf8.count),
            value.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else {
            throw .badRequest("bad-idempotency-key", "Send one Idempotency-Key of 1 to 255 visible ASCII characters.")
        }
        return value
    }
}

extension ProblemDetails {
    package static let idempotencyKeyReused = ProblemDetails(
        status: .unprocessableContent,
        code: "idempotency-key-reused",
        detail: "This Idempotency-Key came with another body before. Send a fresh key with every new request."
    )
}

// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Sessions
internal import Tokens

/// Who a request speaks for, once `Authenticate` is done.
enum Caller {
    /// Nobody. `wasDead`: with a sid that is certainly gone, so both cookies are cleared.
    case anonymous(wasDead: Bool, because: EndReason? = nil)
    case session(ActiveSession)
    /// A native client's own token, verified.
    case bearer(VerifiedToken, raw: String)

    /// What `identity: bearer` puts into `Authorization`.
    var accessToken: String? {
        switch self {
        case .anonymous: nil
        case .session(let session): session.accessToken
        case .bearer(_, let raw): raw
        }
    }

    var isKnown: Bool { if case .anonymous = self { false } else { true } }
}

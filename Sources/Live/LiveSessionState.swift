// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

package import Foundation
package import StrictJSON
package import Wire

/// What a look at the session store says about a session that owns connections.
package enum LiveSessionState: Sendable {
    /// Goes on until then at least, with these claims.
    case alive(until: Date, claims: JSONValue)
    /// Its connections are closed with this code: 4005, 4001 or 4201.
    case ended(CloseCode)
    /// The store did not answer. Nothing is closed; after 60 s the connections are parked (live.md §4).
    case unknown
}

// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

package import StrictJSON

/// Reads the claims of a token that came over a channel we opened ourselves, such as a login answer: parsed as strictly
/// as any token, but nobody vouches for them except that channel.
package enum UnverifiedClaims {
    package static func parse(_ token: String) throws(TokenError) -> JSONValue {
        try CompactJWS(token).claims()
    }
}

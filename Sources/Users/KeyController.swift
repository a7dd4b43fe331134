// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import HTTPTypes
internal import Hummingbird
internal import ServiceKit
internal import StrictJSON
internal import Tokens

/// The public keys of our tokens, for the gateway and the other services.
struct KeyController: Sendable {
    /// Empty where tokens are signed with a shared secret.
    let keys: [SigningKey]

    func addRoutes(to router: Router<ServiceContext>) {
        let document = SigningKey.jwks(self.keys)
        router.get("/.well-known/jwks.json") { _, _ in
            Response.json(document, headers: [.cacheControl: "public, max-age=600"])
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

package import Logging
internal import NIOPosix
package import Tokens

extension ServiceSettings {
    /// What the gateway's tokens must look like to be believed here. Unlike the gateway's own settings, this takes any
    /// http address for the keys: between containers the operator's network is the trust, and he names it himself.
    package var issuerProfile: IssuerProfile {
        IssuerProfile(
            iss: self.issuer,
            audience: [self.audience],
            source: self.secret.map { .secret($0) } ?? .jwks(self.jwksURL)
        )
    }

    /// Judges this issuer's tokens. A `Service`: run it, or keys are fetched only when somebody waits for them.
    package func tokenAuthority(logger: Logger) -> TokenAuthority {
        TokenAuthority(
            profiles: [self.issuerProfile],
            source: HTTPKeySetSource(group: MultiThreadedEventLoopGroup.singleton),
            logger: logger
        )
    }
}

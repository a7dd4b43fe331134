// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

/// A configuration that the edge has taken apart and found good, ready for the loops: see `EdgeListener.prepare`.
package struct EdgeSnapshot: Sendable {
    let shared: EdgeShared

    package var certificates: [CertificateFacts] { self.shared.tls.certificates }
    /// Other certificate or key bytes, in whatever files.
    package func hasOtherCertificates(than other: EdgeSnapshot) -> Bool {
        self.shared.tls.context !== other.shared.tls.context
    }

    package var origins: [PublicOrigin] { self.shared.origins }
}

/// The edge accepts nothing yet, so there is nothing a new configuration could follow.
package struct EdgeStarting: Error, CustomStringConvertible {
    package init() {}

    package var description: String { "the gateway is still starting" }
}

// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

/// The files of `gatecast certs`.
package struct LocalCertificates: Sendable, Hashable {
    /// The authority's certificate, to be trusted once.
    package let caPath: String
    /// The leaf, followed by the authority's certificate.
    package let certificatePath: String
    package let keyPath: String
    /// Something was made or renewed by this call.
    package let created: Bool
    /// The authority itself is new: whoever trusted an older one has to do so again.
    package let authorityCreated: Bool

    package init(
        caPath: String,
        certificatePath: String,
        keyPath: String,
        created: Bool,
        authorityCreated: Bool
    ) {
        self.caPath = caPath
        self.certificatePath = certificatePath
        self.keyPath = keyPath
        self.created = created
        self.authorityCreated = authorityCreated
    }
}

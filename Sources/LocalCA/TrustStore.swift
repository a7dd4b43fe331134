// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

/// A place on this machine where an authority can be trusted. Asking twice is no different from asking once.
package protocol TrustStore: Sendable {
    /// Who reads it, for people: `this system`, `Firefox, profile x`.
    var title: String { get }
    func trust(_ anchor: TrustAnchor) throws(LocalCAError) -> TrustChange
    func untrust(_ anchor: TrustAnchor) throws(LocalCAError) -> TrustChange
}

package enum TrustChange: Sendable, Hashable {
    case made
    /// It was so before.
    case none
}

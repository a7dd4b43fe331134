// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

/// Which door a connection came through (proxy.md §1).
package enum ListenerRole: String, Sendable {
    /// HTTPS, browsers and native clients.
    case `public`
    /// Plain HTTP/1.1 from a page server on this host or network.
    case `internal`
    /// Plain HTTP: sends browsers to https and serves nothing.
    case redirect
}

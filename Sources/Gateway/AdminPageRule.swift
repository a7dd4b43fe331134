// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import HTTPTypes

/// Tells the operator's own page from every other page in the operator's browser. Pure; the table is in docs/operations.md.
///
/// Browsers mark what they send, and no script can set these fields. A page on another port of this machine counts as `same-site`, one
/// behind a rebound name does not get as far as this: its `Host` is none of ours.
struct AdminPageRule {
    var method: HTTPRequest.Method
    /// `Host`, with its port.
    var authority: String
    /// Every value of the field: twice is nobody's.
    var site: [String]
    var mode: [String]
    var origin: [String]

    /// - Parameter consoleIsOn: false: every browser is refused, whatever it brings.
    func allows(consoleIsOn: Bool) -> Bool {
        if site.isEmpty, origin.isEmpty { return true }  // curl, a Prometheus: tools mark nothing
        guard consoleIsOn, site.count <= 1, origin.count <= 1 else { return false }
        let isOwn = origin.first.map { $0 == "http://\(authority)" || $0 == "https://\(authority)" }
        switch site.first {
        case "same-origin": return isOwn != false
        case "none": return isOwn == nil && mode == ["navigate"] && (method == .get || method == .head)
        case nil: return isOwn == true  // a browser from before Fetch Metadata
        default: return false
        }
    }
}

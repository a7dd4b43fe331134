// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import HTTPMessages

enum RoutePath {
    /// The table's key of a prefix: in matching form, without its final slash, so `/api/` and `/api` are one.
    static func key(of prefix: [UInt8]) -> [UInt8] {
        var key = Array(PathRules.matchingForm(of: prefix[...]))
        if key.last == UInt8(ascii: "/") { key.removeLast() }
        return key
    }
}

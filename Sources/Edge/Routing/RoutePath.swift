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

    /// How many bytes of `path`, as the client sent it, stand for the first `count` of its matching form.
    static func length(ofMatching count: Int, in path: ArraySlice<UInt8>) -> Int {
        var index = path.startIndex
        var matched = 0
        while matched < count, index < path.endIndex {
            if path[index] == UInt8(ascii: "%"), PathRules.matchingForm(of: path[index...].prefix(3)).count == 1 {
                index += 2
            }
            index += 1
            matched += 1
        }
        return index - path.startIndex
    }
}

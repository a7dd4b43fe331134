// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import HTTPMessages
internal import NIOCore

/// The request target as a route rewrites it: its prefix stripped or replaced, a final slash appended (proxy.md §2, §6).
/// Whatever is not rewritten stays the client's own bytes.
struct UpstreamTarget: Sendable {
    /// In matching form, without the final slash.
    private let prefix: [UInt8]
    /// Without its final slash; `nil`: the prefix stays.
    private let replacement: [UInt8]?
    private let appendsSlash: Bool

    /// `nil` where targets pass as they are.
    init?(_ route: RouteSettings) {
        self.prefix = RoutePath.key(of: Array(route.prefix.utf8))
        self.appendsSlash = route.slash == .append
        switch route.rewrite {
        case .none: self.replacement = nil
        case .strip: self.replacement = []
        case .replace(let path):
            let bytes = Array(path.utf8)
            self.replacement = bytes.last == UInt8(ascii: "/") ? bytes.dropLast() : bytes
        }
        guard self.replacement != nil || self.appendsSlash else { return nil }
    }

    /// `path` matched the route, or is `*`, which stays.
    func write(path: ArraySlice<UInt8>, query: ArraySlice<UInt8>?, into buffer: inout ByteBuffer) {
        var rest = path
        if path.first == UInt8(ascii: "/"), let replacement {
            rest = path.dropFirst(RoutePath.length(ofMatching: self.prefix.count, in: path))
            buffer.writeBytes(replacement)
            if rest.isEmpty, replacement.isEmpty { buffer.writeInteger(UInt8(ascii: "/")) }
        }
        buffer.writeBytes(rest)
        if self.appendsSlash, Self.lacksSlash(rest.isEmpty ? (self.replacement ?? [])[...] : rest) {
            buffer.writeInteger(UInt8(ascii: "/"))
        }
        if let query {
            buffer.writeInteger(UInt8(ascii: "?"))
            buffer.writeBytes(query)
        }
    }

    /// `/tasks`, not `/tasks/` and not `/report.pdf`.
    private static func lacksSlash(_ path: ArraySlice<UInt8>) -> Bool {
        for byte in path.reversed() {
            switch byte {
            case UInt8(ascii: "/"): return path.last != UInt8(ascii: "/")
            case UInt8(ascii: "."): return false
            default: continue
            }
        }
        return false
    }
}

// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

/// A path in the form prefixes are compared in: escapes of unreserved characters decoded (RFC 3986 §6.2.2.2), all others
/// with upper-case digits. Upstreams never see this form, they get the client's own bytes.
enum RoutePath {
    /// The table's key of a prefix: normalised, without its final slash, so `/api/` and `/api` are one.
    static func key(of prefix: [UInt8]) -> [UInt8] {
        var key: [UInt8] = []
        Self.normalise(prefix[...], into: &key)
        if key.last == UInt8(ascii: "/") { key.removeLast() }
        return key
    }

    /// Whether `path` differs from its normalised form at all. Nearly none does.
    static func needsNormalising(_ path: ArraySlice<UInt8>) -> Bool {
        path.contains(UInt8(ascii: "%"))
    }

    /// Appends the normalised form. The path passed `PathRules.check`, so every escape is complete.
    static func normalise(_ path: ArraySlice<UInt8>, into bytes: inout [UInt8]) {
        var index = path.startIndex
        while index < path.endIndex {
            let byte = path[index]
            if byte == UInt8(ascii: "%"), index + 2 < path.endIndex, let high = Self.digit(path[index + 1]),
                let low = Self.digit(path[index + 2])
            {
                let decoded = high << 4 | low
                if Self.isUnreserved(decoded) {
                    bytes.append(decoded)
                } else {
                    bytes.append(byte)
                    bytes.append(Self.upperHex(high))
                    bytes.append(Self.upperHex(low))
                }
                index += 3
            } else {
                bytes.append(byte)
                index += 1
            }
        }
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }

    private static func upperHex(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "A") + value - 10
    }

    private static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"):
            true
        default: false
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

/// Turns labels of swift-metrics into names that Prometheus accepts.
enum MetricName {
    /// `gatecast.live.joins` → `gatecast_live_joins`, with `suffix` at its end if it is not there yet.
    static func metric(_ label: String, suffix: String = "") -> String {
        let name = sanitised(label, allowsColon: true)
        return suffix.isEmpty || name.hasSuffix(suffix) ? name : name + suffix
    }

    /// Names that begin with two underscores are Prometheus' own.
    static func label(_ name: String) -> String {
        var name = sanitised(name, allowsColon: false)
        while name.hasPrefix("__") { name.removeFirst() }
        return name
    }

    private static func sanitised(_ text: String, allowsColon: Bool) -> String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count + 1)
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"):
                bytes.append(byte)
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                if bytes.isEmpty { bytes.append(UInt8(ascii: "_")) }
                bytes.append(byte)
            case UInt8(ascii: ":") where allowsColon:
                bytes.append(byte)
            default:
                bytes.append(UInt8(ascii: "_"))
            }
        }
        return bytes.isEmpty ? "_" : String(decoding: bytes, as: UTF8.self)
    }
}

// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation
internal import NIOCore

/// The `Date` field's value (RFC 9110 §6.6.1), made once a second and loop.
struct DateField {
    private var text = ""
    private var bytes: [UInt8] = []
    private var validUntil = NIODeadline.uptimeNanoseconds(0)

    mutating func value(now: NIODeadline) -> String {
        self.renew(now: now)
        return self.text
    }

    mutating func value(now: NIODeadline) -> [UInt8] {
        self.renew(now: now)
        return self.bytes
    }

    private mutating func renew(now: NIODeadline) {
        if now < self.validUntil { return }
        var time = time(nil)
        var parts = tm()
        gmtime_r(&time, &parts)
        let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        func two(_ value: Int32) -> String { value < 10 ? "0\(value)" : "\(value)" }
        self.text =
            "\(days[Int(parts.tm_wday)]), \(two(parts.tm_mday)) \(months[Int(parts.tm_mon)]) \(parts.tm_year + 1_900) "
            + "\(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec)) GMT"
        self.bytes = Array(self.text.utf8)
        self.validUntil = now + .milliseconds(500)
    }
}

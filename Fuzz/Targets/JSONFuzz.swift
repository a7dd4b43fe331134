// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import StrictJSON

extension FuzzTarget {
    static let json = FuzzTarget(name: "json") { (bytes) throws(Broken) in try JSONFuzz.check(bytes) }
}

/// The one scanner: validating and parsing agree, and what is parsed reads the same once written.
enum JSONFuzz {
    static func check(_ bytes: [UInt8]) throws(FuzzTarget.Broken) {
        let isValid = (try? JSONScanner.validate(bytes)) != nil
        let value = try? JSONScanner.parse(bytes)
        try FuzzTarget.require(isValid == (value != nil), "validated: \(isValid), parsed: \(String(describing: value))")
        guard let value else { return }
        try FuzzTarget.require(String(validating: bytes, as: UTF8.self) != nil, "no UTF-8, and accepted")
        let again = try? JSONScanner.parse(value.encoded())
        try FuzzTarget.require(again == value, "written and read: \(String(describing: again)), first: \(value)")
        // Nothing may follow a value but blanks.
        try FuzzTarget.require((try? JSONScanner.validate(bytes + [0x5D])) == nil, "a bracket behind it was overlooked")
    }
}

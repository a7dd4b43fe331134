// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

/// The character classes of RFC 9110 §5.6.2 and §5.5 as bit sets: two shifts, no table in memory.
extension UInt8 {
    static let tab: UInt8 = 0x09
    static let lineFeed: UInt8 = 0x0A
    static let carriageReturn: UInt8 = 0x0D
    static let space: UInt8 = 0x20

    /// `tchar`: what names, methods and codings consist of.
    @inline(__always)
    var isToken: Bool {
        guard self < 0x80 else { return false }
        let set: UInt64 = self < 64 ? 0x03FF_6CFA_0000_0000 : 0x57FF_FFFF_C7FF_FFFE
        return set &>> UInt64(self & 63) & 1 == 1
    }

    /// Tab and 0x20–0x7E.
    @inline(__always)
    var isFieldText: Bool { (self >= 0x20 && self < 0x7F) || self == .tab }

    @inline(__always)
    var isBlank: Bool { self == .space || self == .tab }

    @inline(__always)
    var isDigit: Bool { self &- 0x30 < 10 }

    /// The value of a hexadecimal digit, or nil.
    @inline(__always)
    var hexDigit: UInt8? {
        switch self {
        case 0x30...0x39: self &- 0x30
        case 0x41...0x46: self &- 0x37
        case 0x61...0x66: self &- 0x57
        default: nil
        }
    }

    /// The digit of a value below 16.
    var upperHexDigit: UInt8 { self < 10 ? self + 0x30 : self + 0x37 }

    @inline(__always)
    var lowercased: UInt8 { self &- 0x41 < 26 ? self | 0x20 : self }

    /// RFC 3986 §2.3.
    var isUnreserved: Bool {
        switch self {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E: true
        default: false
        }
    }
}

extension StaticString {
    var octets: UnsafeBufferPointer<UInt8> { UnsafeBufferPointer(start: self.utf8Start, count: self.utf8CodeUnitCount) }

    func matches(_ bytes: some Collection<UInt8>) -> Bool { self.octets.elementsEqual(bytes) }

    func matchesIgnoringCase(_ bytes: some Collection<UInt8>) -> Bool {
        self.octets.elementsEqual(bytes) { $0 == $1.lowercased }
    }

    func isPrefix(of bytes: some Collection<UInt8>) -> Bool { bytes.starts(with: self.octets) }
}

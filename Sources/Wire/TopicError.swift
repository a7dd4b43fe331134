// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

/// Why a text is not a topic or a filter.
package enum TopicError: String, Error, Sendable, CustomStringConvertible {
    case empty = "empty"
    case tooLong = "longer than 200 bytes"
    case tooManySegments = "more than 8 segments"
    case badSegment = "a segment is empty or has a character outside A-Z a-z 0-9 _ -"
    case reserved = "names starting with $ are reserved"
    /// A star anywhere but as the whole last segment of two or more.
    case badWildcard = "a star may only be the last of several segments"

    package var description: String { rawValue }
}

/// The grammar that topics and filters share.
enum TopicRules {
    static let dollar = UInt8(ascii: "$")
    static let dot = UInt8(ascii: ".")
    static let maxBytes = 200
    static let maxSegments = 8

    static func check(_ name: Substring.UTF8View) throws(TopicError) {
        guard let first = name.first else { throw .empty }
        guard first != dollar else { throw .reserved }
        guard name.count <= maxBytes else { throw .tooLong }
        var segments = 1
        var length = 0
        for byte in name {
            if byte == dot {
                guard length > 0 else { throw .badSegment }
                (segments, length) = (segments + 1, 0)
            } else if isSegmentByte(byte) {
                length += 1
            } else {
                throw byte == UInt8(ascii: "*") ? .badWildcard : .badSegment
            }
        }
        guard length > 0 else { throw .badSegment }
        guard segments <= maxSegments else { throw .tooManySegments }
    }

    static func isSegmentByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default:
            false
        }
    }
}

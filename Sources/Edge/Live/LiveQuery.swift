// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import HTTPMessages

/// The query of `/live` (live.md §1). A credential is never read from it; what we do not know is ignored.
struct LiveQuery: Sendable, Equatable {
    var topics: [String] = []
    var since: String?
    var isPoll = false
    var isAnonymous = false

    init() {}

    init(_ query: ArraySlice<UInt8>?) {
        for pair in (query ?? []).split(separator: UInt8(ascii: "&")) {
            let middle = pair.firstIndex(of: UInt8(ascii: "=")) ?? pair.endIndex
            let value = Self.decoded(pair[middle...].dropFirst())
            switch String(decoding: pair[..<middle], as: UTF8.self) {
            case "topic": self.topics.append(value)
            case "since": self.since = value.isEmpty ? nil : value
            case "poll": self.isPoll = value == "1"
            case "anonymous": self.isAnonymous = value == "1"
            default: continue
            }
        }
    }

    /// Form decoding; a malformed escape stays as it is and then matches no topic.
    private static func decoded(_ bytes: ArraySlice<UInt8>) -> String {
        var output: [UInt8] = []
        output.reserveCapacity(bytes.count)
        var index = bytes.startIndex
        while index < bytes.endIndex {
            if bytes[index] == UInt8(ascii: "%"), index + 2 < bytes.endIndex,
                let value = UInt8(String(decoding: bytes[(index + 1)...(index + 2)], as: UTF8.self), radix: 16)
            {
                output.append(value)
                index += 3
            } else {
                output.append(bytes[index] == UInt8(ascii: "+") ? 0x20 : bytes[index])
                index += 1
            }
        }
        return String(decoding: output, as: UTF8.self)
    }
}

// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import HTTPMessages

/// RFC 7541 Appendix A.
enum StaticTable {
    struct Entry {
        let name: [UInt8]
        /// Name and value, one behind the other.
        let both: [UInt8]
    }

    static let entries = Self.table.map { Entry(name: Array($0.0.utf8), both: Array(($0.0 + $0.1).utf8)) }
    static let count = 61

    /// The index of an entry with this name; 0: there is none.
    static func index(of name: ArraySlice<UInt8>) -> UInt8 {
        let id = FieldID.of(name)
        if id != .other { return self.byID[Int(id.rawValue)] }
        return self.others.first { $0.name.elementsEqual(name) }?.index ?? 0
    }

    /// The last of a name is as good as the first.
    private static let byID: [UInt8] = {
        var indices = [UInt8](repeating: 0, count: FieldID.allCases.count)
        for (index, entry) in Self.entries.enumerated() {
            indices[Int(FieldID.of(entry.name).rawValue)] = UInt8(index + 1)
        }
        indices[Int(FieldID.other.rawValue)] = 0
        return indices
    }()

    /// Names of answers that `FieldID` does not know.
    private static let others: [(name: [UInt8], index: UInt8)] = [
        (Array("last-modified".utf8), 44), (Array("accept-ranges".utf8), 18), (Array("age".utf8), 21),
        (Array("link".utf8), 45), (Array("content-range".utf8), 30), (Array("content-disposition".utf8), 25),
        (Array("content-language".utf8), 27), (Array("expires".utf8), 36), (Array("allow".utf8), 22),
    ]

    private static let table: [(String, String)] = [
        (":authority", ""), (":method", "GET"), (":method", "POST"), (":path", "/"), (":path", "/index.html"),
        (":scheme", "http"), (":scheme", "https"), (":status", "200"), (":status", "204"), (":status", "206"),
        (":status", "304"), (":status", "400"), (":status", "404"), (":status", "500"), ("accept-charset", ""),
        ("accept-encoding", "gzip, deflate"), ("accept-language", ""), ("accept-ranges", ""), ("accept", ""),
        ("access-control-allow-origin", ""), ("age", ""), ("allow", ""), ("authorization", ""), ("cache-control", ""),
        ("content-disposition", ""), ("content-encoding", ""), ("content-language", ""), ("content-length", ""),
        ("content-location", ""), ("content-range", ""), ("content-type", ""), ("cookie", ""), ("date", ""),
        ("etag", ""), ("expect", ""), ("expires", ""), ("from", ""), ("host", ""), ("if-match", ""),
        ("if-modified-since", ""), ("if-none-match", ""), ("if-range", ""), ("if-unmodified-since", ""),
        ("last-modified", ""), ("link", ""), ("location", ""), ("max-forwards", ""), ("proxy-authenticate", ""),
        ("proxy-authorization", ""), ("range", ""), ("referer", ""), ("refresh", ""), ("retry-after", ""),
        ("server", ""), ("set-cookie", ""), ("strict-transport-security", ""), ("transfer-encoding", ""),
        ("user-agent", ""), ("vary", ""), ("via", ""), ("www-authenticate", ""),
    ]
}

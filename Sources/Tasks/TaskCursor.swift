// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Crypto
package import ServiceKit
internal import Tokens

/// The place behind a page: opaque, and good only for the list it came from.
///
/// Bytes: version, sort key, position, and the first eight of a SHA-256 over these and the list's filters, sort and caller. A
/// cursor that was changed, cut, or brought to another list is refused. It is no secret: rows are filtered by their caller
/// anyway.
package enum TaskCursor {
    package struct Place: Sendable, Hashable {
        /// The last task's value of what the list is sorted by.
        package let key: Int64
        package let position: Int64

        package init(key: Int64, position: Int64) {
            self.key = key
            self.position = position
        }
    }

    private static let version: UInt8 = 2
    private static let length = 25

    package static func encode(_ place: Place, for query: TaskQuery) -> String {
        var bytes: [UInt8] = [Self.version]
        for number in [place.key, place.position] {
            withUnsafeBytes(of: number.bigEndian) { bytes.append(contentsOf: $0) }
        }
        return Base64URL.encode(bytes + Self.check(bytes, query))
    }

    package static func decode(_ text: some StringProtocol, for query: TaskQuery) throws(ProblemDetails) -> Place {
        guard text.utf8.count <= 40, let bytes = Base64URL.decode(Array(text.utf8)), bytes.count == Self.length,
            bytes[0] == Self.version, Self.check(Array(bytes[..<17]), query) == Array(bytes[17...])
        else {
            throw .badRequest(
                "bad-cursor",
                "cursor must be the next_cursor of the page before, asked for with the same filters and sort. "
                    + "Leave it out to start from the first page."
            )
        }
        return Place(key: Self.number(bytes[1..<9]), position: Self.number(bytes[9..<17]))
    }

    private static func number(_ bytes: ArraySlice<UInt8>) -> Int64 {
        Int64(bitPattern: bytes.reduce(0) { $0 << 8 | UInt64($1) })
    }

    private static func check(_ bytes: [UInt8], _ query: TaskQuery) -> [UInt8] {
        Array(SHA256.hash(data: bytes + Array(query.filterText.utf8)).prefix(8))
    }
}

// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation
package import Hummingbird
package import StrictJSON

/// Which part of a list a client asks for: `?limit=` and the opaque `?cursor=` of the page before.
package struct PageRequest: Sendable, Hashable {
    package static let maximum = 100

    /// 1 … `maximum`.
    package let limit: Int
    /// Rows below this key, newest first; `nil` for the first page.
    package let before: Int64?

    package init(limit: Int = 50, before: Int64? = nil) {
        self.limit = limit
        self.before = before
    }

    /// 400 `bad-limit` or `bad-cursor` for anything the client cannot have from us.
    package init(_ request: Request) throws(ProblemDetails) {
        let query = request.uri.queryParameters
        var limit = 50
        if let text = query["limit"] {
            guard let number = Int(text), (1...Self.maximum).contains(number) else {
                throw .badRequest("bad-limit", "limit must be a whole number from 1 to \(Self.maximum).")
            }
            limit = number
        }
        var before: Int64?
        if let text = query["cursor"] {
            guard let key = PageCursor.decode(text) else {
                throw .badRequest("bad-cursor", "cursor must be the next_cursor of an earlier page.")
            }
            before = key
        }
        self.init(limit: limit, before: before)
    }
}

/// One page of a list: `{"items":[…],"next_cursor":…}`, `next_cursor` being `null` on the last one.
package struct Page<Item: Sendable>: Sendable {
    package let items: [Item]
    package let next: Int64?

    /// - Parameter rows: one more than `limit` if there are that many, so that the end is known without a count.
    package init(rows: [Item], limit: Int, key: (Item) -> Int64) {
        self.items = Array(rows.prefix(limit))
        self.next = rows.count > limit ? self.items.last.map(key) : nil
    }

    package func json(_ item: (Item) -> JSONValue) -> [JSONValue.Member] {
        [
            .init(name: "items", value: .array(self.items.map(item))),
            .init(name: "next_cursor", value: self.next.map { .string(PageCursor.encode($0)) } ?? .null),
        ]
    }
}

/// A list position in a form nobody is tempted to compute with. Not a secret: rows are filtered by their owner anyway.
enum PageCursor {
    private static let version: UInt8 = 1

    static func encode(_ key: Int64) -> String {
        var bytes: [UInt8] = [Self.version]
        withUnsafeBytes(of: key.bigEndian) { bytes.append(contentsOf: $0) }
        return Data(bytes).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_")
    }

    static func decode(_ text: some StringProtocol) -> Int64? {
        guard text.utf8.count == 12 else { return nil }
        let standard = String(text).replacing("-", with: "+").replacing("_", with: "/")
        guard let data = Data(base64Encoded: standard), data.count == 9, data.first == Self.version else { return nil }
        let key = data.dropFirst().reduce(Int64(0)) { $0 << 8 | Int64($1) }
        return key > 0 ? key : nil
    }
}

// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import StrictJSON

extension OpenAPI {
    /// Where a parameter is found: in the query, the path or a header.
    package struct Parameter: Sendable {
        /// How several values are written: the name again for each, or commas between them.
        package enum Style: Sendable { case repeated, commas }
        package enum Place: String, Sendable { case query, path, header }

        let name: String
        let place: Place
        let schema: Schema
        let isRequired: Bool
        let description: String
        let style: Style

        package init(
            _ place: Place,
            _ name: String,
            _ schema: Schema,
            isRequired: Bool? = nil,
            _ description: String,
            style: Style = .repeated
        ) {
            self.name = name
            self.place = place
            self.schema = schema
            self.isRequired = isRequired ?? (place == .path)
            self.description = description
            self.style = style
        }

        /// The id of one thing, as a part of the path.
        package static func id(_ what: String) -> Parameter {
            Parameter(.path, "id", .string(1...64), "The \(what)'s id.")
        }

        var json: JSONValue {
            var members: [JSONValue.Member] = [
                .init(name: "name", value: .string(self.name)),
                .init(name: "in", value: .string(self.place.rawValue)),
                .init(name: "required", value: .bool(self.isRequired)),
                .init(name: "description", value: .string(self.description)),
                .init(name: "schema", value: self.schema.json),
            ]
            if self.style == .commas { members.append(.init(name: "explode", value: false)) }
            return .object(members)
        }
    }
}

extension PageRequest {
    /// As `init(_:)` reads them.
    package static let parameters: [OpenAPI.Parameter] = [
        .init(
            .query,
            "limit",
            OpenAPI.Schema.integer(1...Int64(PageRequest.maximum)).with("default", 50),
            "Items of a page."
        ),
        .init(.query, "cursor", ["type": "string"], "`next_cursor` of the page before; opaque."),
    ]
}

extension OpenAPI.Schema {
    /// What `Page.json` writes, and `more` beside it.
    package static func page(of item: Self, _ more: KeyValuePairs<String, Self> = [:]) -> Self {
        let list: Self = .object(
            [
                "items": .array(of: item, atMost: PageRequest.maximum),
                "next_cursor": Self.string().orNull.described("`null` on the last page."),
            ],
            isOpen: true
        )
        guard !more.isEmpty else { return list }
        let beside: Self = .object(more, isOpen: true)
        return ["allOf": [list.json, beside.json]]
    }
}

// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

package import StrictJSON

extension OpenAPI {
    /// A JSON Schema (2020-12), as OpenAPI 3.1 uses it.
    package struct Schema: Sendable, Hashable {
        package private(set) var members: [JSONValue.Member]

        package init(_ members: [JSONValue.Member]) { self.members = members }

        package var json: JSONValue { .object(self.members) }
    }
}

extension OpenAPI.Schema: ExpressibleByDictionaryLiteral {
    /// Any keywords.
    package init(dictionaryLiteral elements: (String, JSONValue)...) {
        self.init(elements.map { .init(name: $0.0, value: $0.1) })
    }

    package static func reference(_ name: String) -> Self { ["$ref": .string("#/components/schemas/\(name)")] }

    /// A string of the document's own, not checked beyond its length in characters.
    package static func string(_ length: ClosedRange<Int>? = nil) -> Self {
        guard let length else { return ["type": "string"] }
        return [
            "type": "string", "minLength": .integer(Int64(length.lowerBound)),
            "maxLength": .integer(Int64(length.upperBound)),
        ]
    }

    /// What `JSONBody.string` takes: trimmed, without control characters.
    package static func text(_ length: ClosedRange<Int>) -> Self {
        let plain = #"[^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]*"#
        let pattern = length.lowerBound > 0 ? "^\(plain)[!-~]\(plain)$" : "^\(plain)$"
        return Self.string(length).with("pattern", .string(pattern))
    }

    package static func oneOf(_ values: [String]) -> Self {
        ["type": "string", "enum": .array(values.map { .string($0) })]
    }

    package static func integer(_ range: ClosedRange<Int64>) -> Self {
        ["type": "integer", "minimum": .integer(range.lowerBound), "maximum": .integer(range.upperBound)]
    }

    /// How many of something.
    package static let count: Self = ["type": "integer", "minimum": 0]
    package static let boolean: Self = ["type": "boolean"]
    /// RFC 3339.
    package static let instant: Self = ["type": "string", "format": "date-time"]

    package static func array(of element: Self, atMost limit: Int? = nil) -> Self {
        var schema: Self = ["type": "array", "items": element.json]
        if let limit { schema = schema.with("maxItems", .integer(Int64(limit))) }
        return schema
    }

    /// - Parameters:
    ///   - optional: members that may be absent.
    ///   - isOpen: further members are allowed: true of answers, so that they may grow, false of bodies.
    package static func object(
        _ required: KeyValuePairs<String, Self>,
        optional: KeyValuePairs<String, Self> = [:],
        isOpen: Bool = false
    ) -> Self {
        let properties = required.map { ($0.key, $0.value) } + optional.map { ($0.key, $0.value) }
        var schema: Self = [
            "type": "object",
            "properties": .object(properties.map { .init(name: $0.0, value: $0.1.json) }),
        ]
        if !required.isEmpty { schema = schema.with("required", .array(required.map { .string($0.key) })) }
        return isOpen ? schema : schema.with("additionalProperties", false)
    }

    /// Members of a merge patch: any of them, and nothing else.
    package static func patch(_ members: [(String, Self)]) -> Self {
        [
            "type": "object",
            "properties": .object(members.map { .init(name: $0.0, value: $0.1.json) }),
            "additionalProperties": false,
        ]
    }

    package func with(_ keyword: String, _ value: JSONValue) -> Self {
        Self(self.members.filter { $0.name != keyword } + [.init(name: keyword, value: value)])
    }

    package func described(_ text: String) -> Self { self.with("description", .string(text)) }

    /// This, or `null`.
    package var orNull: Self {
        if case .string(let type)? = self.json["type"], self.json["enum"] == nil {
            return Self(
                self.members.map { member in
                    member.name == "type" ? .init(name: "type", value: [.string(type), "null"]) : member
                }
            )
        }
        return ["anyOf": [self.json, ["type": "null"]]]
    }
}

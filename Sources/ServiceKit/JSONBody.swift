// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

package import Foundation
package import Hummingbird
internal import NIOCore
package import StrictJSON

/// A request's JSON object, taken member by member. Faults are collected, so that the client hears of all of them at once;
/// members nobody took are faults too.
///
///     var body = try await JSONBody.read(request)
///     let title = body.string("title", 1...200)
///     try body.finish()                       // 422 with `errors`; until here the values are placeholders
package struct JSONBody {
    /// Bytes, unless the endpoint says otherwise.
    package static let defaultLimit = 64 * 1024

    private let object: JSONValue
    private let members: [JSONValue.Member]
    private var taken: Set<String> = []
    package private(set) var faults: [ProblemDetails.Fault] = []

    package init(object: JSONValue) throws(ProblemDetails) {
        guard case .object(let members) = object else {
            throw .unprocessable([.init(pointer: "", detail: "must be an object")])
        }
        self.object = object
        self.members = members
    }

    /// 415 for another media type, 413 beyond `limit`, 400 for bytes that are not one strict JSON value, 422 for a value
    /// that is not an object.
    /// - Parameter types: media types that are taken.
    package static func read(
        _ request: Request,
        types: [String] = ["application/json"],
        limit: Int = Self.defaultLimit
    ) async throws -> JSONBody {
        guard let type = request.headers[.contentType], Self.isOne(type, of: types) else {
            throw ProblemDetails.unsupportedMediaType
        }
        if let announced = request.headers[.contentLength].flatMap(Int.init), announced > limit {
            throw ProblemDetails.bodyTooLarge(limit: limit)
        }
        var bytes: [UInt8] = []
        for try await part in request.body {
            guard bytes.count + part.readableBytes <= limit else { throw ProblemDetails.bodyTooLarge(limit: limit) }
            bytes.append(contentsOf: part.readableBytesView)
        }
        let value: JSONValue
        do {
            value = try JSONScanner.parse(bytes)
        } catch {
            throw ProblemDetails.badRequest("malformed-json", "Not valid JSON: \(error.code) at byte \(error.offset).")
        }
        return try JSONBody(object: value)
    }

    /// A required string of `length` characters, with white space at both ends removed. No control characters other
    /// than line breaks and tabs.
    package mutating func string(_ name: String, _ length: ClosedRange<Int>) -> String {
        guard let value = self.take(name) else {
            self.fault(name, "is required")
            return ""
        }
        return self.string(name, value, length) ?? ""
    }

    /// Like `string`; `nil` when absent or `null`.
    package mutating func optionalString(_ name: String, _ length: ClosedRange<Int>) -> String? {
        guard let value = self.take(name), value != .null else { return nil }
        return self.string(name, value, length)
    }

    /// A required string taken as it is, for passwords and tokens: no trimming. `bytes` counts UTF-8.
    package mutating func rawString(_ name: String, bytes: ClosedRange<Int>) -> String {
        guard case .string(let text)? = self.take(name) else {
            self.fault(name, "is required and must be a string")
            return ""
        }
        if !bytes.contains(text.utf8.count) {
            self.fault(name, "must have \(bytes.lowerBound) to \(bytes.upperBound) bytes")
        }
        return text
    }

    package mutating func optionalInteger(_ name: String, _ range: ClosedRange<Int64>) -> Int64? {
        guard let value = self.take(name), value != .null else { return nil }
        guard case .integer(let number) = value, range.contains(number) else {
            self.fault(name, "must be a whole number from \(range.lowerBound) to \(range.upperBound)")
            return nil
        }
        return number
    }

    package mutating func bool(_ name: String) -> Bool {
        guard let value = self.take(name) else {
            self.fault(name, "is required")
            return false
        }
        guard case .bool(let flag) = value else {
            self.fault(name, "must be true or false")
            return false
        }
        return flag
    }

    package mutating func optionalBool(_ name: String) -> Bool? {
        guard let value = self.take(name), value != .null else { return nil }
        guard case .bool(let flag) = value else {
            self.fault(name, "must be true or false")
            return nil
        }
        return flag
    }

    /// RFC 3339 with an offset, for example `2026-11-24T18:00:00Z`; years 1970 to 9999.
    package mutating func optionalInstant(_ name: String) -> Date? {
        guard let value = self.take(name), value != .null else { return nil }
        guard case .string(let text) = value, let date = Instant.parse(text) else {
            self.fault(name, "must be a time as in RFC 3339, for example 2026-11-24T18:00:00Z")
            return nil
        }
        return date
    }

    /// Distinct strings, each like `string`; `nil` when absent or `null`. `bytes` of each stay below 16 a character.
    package mutating func optionalStrings(
        _ name: String,
        count: ClosedRange<Int>,
        each length: ClosedRange<Int>
    ) -> [String]? {
        guard let value = self.take(name), value != .null else { return nil }
        guard case .array(let elements) = value, count.contains(elements.count) else {
            self.fault(name, "must be a list of \(count.lowerBound) to \(count.upperBound) strings")
            return nil
        }
        let strings = elements.compactMap { self.string(name, $0, length) }
        guard strings.count == elements.count else { return nil }
        guard Set(strings).count == strings.count else {
            self.fault(name, "must not name anything twice")
            return nil
        }
        return strings
    }

    /// One of the values of an enumeration.
    package mutating func choice<Value: RawRepresentable & CaseIterable>(_ name: String, default value: Value) -> Value
    where Value.RawValue == String {
        guard case .string(let text)? = self.take(name), let choice = Value(rawValue: text) else {
            self.fault(name, "must be one of \(Value.allCases.map(\.rawValue).joined(separator: ", "))")
            return value
        }
        return choice
    }

    /// Whether the member is there, `null` included: for merge patches, where absent means unchanged (RFC 7396).
    package func contains(_ name: String) -> Bool { self.object[name] != nil }

    /// The whole value, re-encoded: two texts of the same value with members in the same order give the same bytes.
    package var canonical: [UInt8] { self.object.encoded() }

    /// Any JSON value, as it is.
    package mutating func value(_ name: String) -> JSONValue? { self.take(name) }

    package mutating func fault(_ name: String, _ detail: String) {
        let escaped = name.replacing("~", with: "~0").replacing("/", with: "~1")
        self.faults.append(.init(pointer: "/\(escaped)", detail: detail))
    }

    /// Throws 422 when anything was wrong or left over. At most 32 faults are told.
    package mutating func finish() throws(ProblemDetails) {
        for member in self.members where !self.taken.contains(member.name) {
            self.fault(String(member.name.prefix(100)), "is not a known field")
        }
        if !self.faults.isEmpty { throw .unprocessable(Array(self.faults.prefix(32))) }
    }

    private mutating func take(_ name: String) -> JSONValue? {
        self.taken.insert(name)
        return self.object[name]
    }

    private mutating func string(_ name: String, _ value: JSONValue, _ length: ClosedRange<Int>) -> String? {
        guard case .string(let text) = value else {
            self.fault(name, "must be a string")
            return nil
        }
        let trimmed = text.trimmingCharacters(in: .whitespacesAndNewlines)
        guard length.contains(trimmed.count), trimmed.utf8.count <= length.upperBound * 16 else {
            self.fault(name, "must have \(length.lowerBound) to \(length.upperBound) characters")
            return nil
        }
        guard !trimmed.unicodeScalars.contains(where: Self.isForbidden) else {
            self.fault(name, "must not contain control characters")
            return nil
        }
        return trimmed
    }

    private static func isForbidden(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.generalCategory == .control && scalar != "\n" && scalar != "\r" && scalar != "\t"
    }

    private static func isOne(_ contentType: String, of types: [String]) -> Bool {
        let type = contentType.split(separator: ";", maxSplits: 1, omittingEmptySubsequences: false)[0]
        return types.contains(type.trimmingCharacters(in: .whitespaces).lowercased())
    }
}

// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import HTTPTypes
package import Hummingbird

/// The name of one version of a resource (RFC 9110 §8.8.3). Ours are strong.
package struct EntityTag: Sendable, Hashable {
    package let opaque: String

    package init(_ opaque: String) { self.opaque = opaque }

    package init(version: Int64) { self.opaque = String(version) }

    /// As `ETag` carries it.
    package var field: String { "\"\(self.opaque)\"" }
}

/// The value of `If-Match` or `If-None-Match`.
package enum EntityTagCondition: Sendable, Hashable {
    case any
    case tags([Tag])

    package struct Tag: Sendable, Hashable {
        package let tag: EntityTag
        package let isWeak: Bool
    }

    /// Tags one field may name.
    static let maximum = 32

    /// RFC 9110 §13.1.1: strong comparison.
    package func matchesStrongly(_ tag: EntityTag) -> Bool {
        switch self {
        case .any: true
        case .tags(let tags): tags.contains { !$0.isWeak && $0.tag == tag }
        }
    }

    /// RFC 9110 §13.1.2: weak comparison.
    package func matchesWeakly(_ tag: EntityTag) -> Bool {
        switch self {
        case .any: true
        case .tags(let tags): tags.contains { $0.tag == tag }
        }
    }

    /// `nil` for what is not a list of entity tags to the letter.
    package init?(parsing text: String) {
        if text == "*" {
            self = .any
            return
        }
        var tags: [Tag] = []
        var rest = Substring(text)
        while true {
            rest = rest.drop { $0 == " " || $0 == "\t" }
            let isWeak = rest.hasPrefix("W/")
            if isWeak { rest = rest.dropFirst(2) }
            guard rest.first == "\"", let end = rest.dropFirst().firstIndex(of: "\"") else { return nil }
            let opaque = rest[rest.index(after: rest.startIndex)..<end]
            guard opaque.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F }), tags.count < Self.maximum else { return nil }
            tags.append(Tag(tag: EntityTag(String(opaque)), isWeak: isWeak))
            rest = rest[rest.index(after: end)...].drop { $0 == " " || $0 == "\t" }
            if rest.isEmpty { break }
            guard rest.first == "," else { return nil }
            rest = rest.dropFirst()
        }
        self = .tags(tags)
    }
}

extension Request {
    /// 428 without one, 400 for one that cannot be read.
    package func requiredIfMatch() throws(ProblemDetails) -> EntityTagCondition {
        guard let condition = try self.condition(.ifMatch) else { throw .preconditionRequired }
        return condition
    }

    package func ifNoneMatch() throws(ProblemDetails) -> EntityTagCondition? { try self.condition(.ifNoneMatch) }

    private func condition(_ name: HTTPField.Name) throws(ProblemDetails) -> EntityTagCondition? {
        guard let text = self.headers[name] else { return nil }
        guard let condition = EntityTagCondition(parsing: text) else {
            throw .badRequest("bad-etag", "\(name) must be * or a list of ETags in quotes, for example \"3\".")
        }
        return condition
    }
}

extension ProblemDetails {
    package static let preconditionRequired = ProblemDetails(
        status: .preconditionRequired,
        code: "precondition-required",
        detail: "Send If-Match with the ETag that you last read, so that nobody's change is lost."
    )

    package static func preconditionFailed(current: EntityTag) -> ProblemDetails {
        ProblemDetails(
            status: .preconditionFailed,
            code: "precondition-failed",
            detail: "It was changed since you read it. Read it again, and send the new ETag.",
            headers: [.eTag: current.field]
        )
    }

    package static let forbidden = ProblemDetails(status: .forbidden, code: "forbidden")
}

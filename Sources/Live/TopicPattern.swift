// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

package import StrictJSON
package import Wire

/// One line of `live.topics.allow`: a topic or filter in which `{claim}` stands for one whole segment (live.md §1).
package struct TopicPattern: Sendable, Hashable, CustomStringConvertible {
    private enum Segment: Sendable, Hashable {
        case literal(String)
        case claim(String)
        /// `*`, only at the end.
        case rest
    }

    /// An array claim counts up to so many elements; the rest are not looked at, so that no token can make a join dear.
    static let maxValues = 1000

    package let description: String
    private let segments: [Segment]

    package init(_ text: String) throws(TopicError) {
        var segments: [Segment] = []
        var sample: [Substring] = []
        for part in text.split(separator: ".", omittingEmptySubsequences: false) {
            if part.hasPrefix("{"), part.hasSuffix("}"), part.count > 2 {
                let claim = part.dropFirst().dropLast()
                guard !claim.contains(where: { $0 == "{" || $0 == "}" }) else { throw .badSegment }
                segments.append(.claim(String(claim)))
                sample.append("x")
            } else {
                segments.append(part == "*" ? .rest : .literal(String(part)))
                sample.append(part)
            }
        }
        // What remains after the claims are filled in has to be a filter: this refuses stars in the middle and `$`.
        _ = try TopicFilter(sample.joined(separator: "."))
        self.segments = segments
        self.description = text
    }

    package var usesClaims: Bool {
        segments.contains { if case .claim = $0 { true } else { false } }
    }

    /// Whether this pattern, filled in with `claims`, covers everything `filter` asks for. A missing claim voids the
    /// pattern; each element of an array claim counts.
    package func allows(_ filter: TopicFilter, claims: JSONValue) -> Bool {
        let asked = filter.prefix.split(separator: ".", omittingEmptySubsequences: false)
        let isOpen = segments.last == .rest
        let fixed = isOpen ? segments.dropLast() : segments[...]
        // An exact pattern takes the exact topic. An open one takes longer topics, and wildcards at its own prefix or
        // further down.
        guard isOpen ? asked.count >= fixed.count : asked.count == fixed.count else { return false }
        if isOpen, asked.count == fixed.count, !filter.isWildcard { return false }
        if !isOpen, filter.isWildcard { return false }
        return zip(fixed, asked).allSatisfy { segment, part in
            switch segment {
            case .literal(let text): part == text
            case .claim(let name): TopicPattern.values(of: claims[name]).contains { $0 == part }
            case .rest: false
            }
        }
    }

    /// The segments a claim may stand for: strings and integers, each made safe by `Topic.segment(encoding:)`.
    private static func values(of claim: JSONValue?) -> [String] {
        switch claim {
        case .array(let elements): elements.prefix(maxValues).compactMap(value)
        case .some(let single): value(single).map { [$0] } ?? []
        case nil: []
        }
    }

    private static func value(_ claim: JSONValue) -> String? {
        switch claim {
        case .string(let text) where !text.isEmpty: Topic.segment(encoding: text)
        case .integer(let number): Topic.segment(encoding: String(number))
        default: nil
        }
    }
}

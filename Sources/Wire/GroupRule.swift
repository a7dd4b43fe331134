// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

/// How the groups of a foreign publisher become topics: `user_{1}` → `user.{1}`. Pure.
///
/// A group pattern is literal text and captures `{1}` to `{9}`, each once and never side by side. A capture ends at the
/// first occurrence of the literal behind it; the one before a literal end ends at it. What it caught becomes one segment
/// of the topic, encoded where the alphabet asks for it, so that no group can bring a dot.
package struct GroupRule: Sendable, Hashable {
    fileprivate enum Part: Sendable, Hashable {
        case literal(String)
        case capture(Character)
    }

    private let group: [Part]
    private let template: [Part]
    /// As written, for logs.
    package let description: String

    package struct Refusal: Error, Sendable, Hashable, CustomStringConvertible {
        package let description: String
    }

    package init(group: String, topic: String) throws(Refusal) {
        self.group = try Part.parse(group)
        template = try Part.parse(topic)
        description = "\(group) → \(topic)"
        let captures = self.group.compactMap(\.capture)
        guard !self.group.isEmpty, group.utf8.count < 100 else {
            throw Refusal(description: "a group has 1 to 99 characters")
        }
        guard Set(captures).count == captures.count else {
            throw Refusal(description: "each capture may stand once in the group")
        }
        for (first, second) in zip(self.group, self.group.dropFirst()) {
            guard first.capture == nil || second.capture == nil else {
                throw Refusal(description: "two captures need something between them")
            }
        }
        for capture in template.compactMap(\.capture) where !captures.contains(capture) {
            throw Refusal(description: "{\(capture)} is not caught by the group")
        }
        do { _ = try Topic(name { _ in "x" }) } catch {
            throw Refusal(description: "the topic is none: \(error)")
        }
    }

    /// No captures: one group.
    package var isExact: Bool { group.allSatisfy { $0.capture == nil } }

    /// The group's name, or what `PSUBSCRIBE` matches it by; no literal has a character that means something there.
    package var glob: String {
        group.map { part in
            if case .literal(let text) = part { text } else { "*" }
        }.joined()
    }

    /// nil: another group, or one whose topic would be too long.
    package func topic(of group: String) -> Topic? {
        guard let caught = captures(in: group) else { return nil }
        // Only its length can be wrong now.
        return try? Topic(name { Topic.segment(encoding: caught[$0] ?? "") })
    }

    private func name(_ value: (Character) -> String) -> String {
        template.map { part in
            switch part {
            case .literal(let text): text
            case .capture(let name): value(name)
            }
        }.joined()
    }

    private func captures(in text: String) -> [Character: String]? {
        var caught: [Character: String] = [:]
        var rest = Substring(text)
        for (index, part) in group.enumerated() {
            switch part {
            case .literal(let literal):
                guard rest.hasPrefix(literal) else { return nil }
                rest = rest.dropFirst(literal.count)
            case .capture(let name):
                guard let end = end(ofCaptureAt: index, in: rest), end > rest.startIndex else { return nil }
                caught[name] = String(rest[..<end])
                rest = rest[end...]
            }
        }
        return rest.isEmpty ? caught : nil
    }

    private func end(ofCaptureAt index: Int, in rest: Substring) -> Substring.Index? {
        guard index + 1 < group.count, case .literal(let literal) = group[index + 1] else { return rest.endIndex }
        if index + 2 == group.count {
            return rest.hasSuffix(literal) ? rest.index(rest.endIndex, offsetBy: -literal.count) : nil
        }
        return rest.dropFirst().firstRange(of: literal)?.lowerBound
    }
}

extension GroupRule.Part {
    fileprivate var capture: Character? {
        if case .capture(let name) = self { name } else { nil }
    }

    fileprivate static func parse(_ text: String) throws(GroupRule.Refusal) -> [Self] {
        var parts: [Self] = []
        var literal = ""
        var rest = Substring(text)
        while let character = rest.popFirst() {
            guard character == "{" else {
                guard character.isASCII, character.isLetter || character.isNumber || "_.-".contains(character) else {
                    throw GroupRule.Refusal(description: "\(character) stands in no group: A-Z a-z 0-9 _ . - do")
                }
                literal.append(character)
                continue
            }
            guard let name = rest.popFirst(), ("1"..."9").contains(name), rest.popFirst() == "}" else {
                throw GroupRule.Refusal(description: "a capture is {1} to {9}")
            }
            if !literal.isEmpty { parts.append(.literal(literal)) }
            literal = ""
            parts.append(.capture(name))
        }
        if !literal.isEmpty { parts.append(.literal(literal)) }
        return parts
    }
}

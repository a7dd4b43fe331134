// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

/// Finds the word somebody meant.
package enum EditDistance {
    /// The candidate with the fewest insertions, deletions and replacements, if those are at most a third of the word
    /// (and at least two are allowed): further away it would be a guess.
    package static func nearest(to word: String, among candidates: [String]) -> String? {
        let best = candidates.map { (candidate: $0, distance: levenshtein(word.lowercased(), $0.lowercased())) }
            .min { $0.distance < $1.distance }
        guard let best, best.distance <= max(2, word.count / 3), best.distance < best.candidate.count else {
            return nil
        }
        return best.candidate
    }

    static func levenshtein(_ a: String, _ b: String) -> Int {
        let (a, b) = (Array(a), Array(b))
        var previous = Array(0...b.count)
        for (row, left) in a.enumerated() {
            var current = [row + 1]
            for (column, right) in b.enumerated() {
                let replaced = previous[column] + (left == right ? 0 : 1)
                current.append(min(replaced, previous[column + 1] + 1, current[column] + 1))
            }
            previous = current
        }
        return previous[b.count]
    }
}

// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

/// The keys of one map, ticked off as they are taken, so that `finish` can refuse what nobody knows.
package struct SettingsMap {
    private let node: SettingsNode
    /// In the order of the file. Reading these for a free-form map takes nothing off: do not call `finish` then.
    package let entries: [(key: String, value: SettingsNode)]
    /// Keys somebody asked for, present or not; the candidates for “did you mean”.
    private var known: [String] = []

    init(node: SettingsNode, entries: [(key: String, value: SettingsNode)]) {
        self.node = node
        self.entries = entries
    }

    package var isEmpty: Bool { entries.isEmpty }

    /// The value of `key`, nil where it is absent or has nothing after its colon.
    package mutating func take(_ key: String) -> SettingsNode? {
        if !known.contains(key) { known.append(key) }
        guard let value = entries.first(where: { $0.key == key })?.value else { return nil }
        if case .empty = value.content { return nil }
        return value
    }

    /// `advice` is what to write, key included: `auth: required, optional or none`.
    package mutating func require(_ key: String, advice: String) throws(SettingsError) -> SettingsNode {
        if let value = take(key) { return value }
        let empty = entries.first { $0.key == key }?.value
        let misspelt = empty == nil ? self.misspelling(of: key) : nil
        throw SettingsError(
            file: node.file,
            line: (empty ?? misspelt?.value)?.line ?? node.line,
            path: node.path.isEmpty ? key : "\(node.path).\(key)",
            message: misspelt.map { "missing, but there is \"\($0.key)\"" } ?? (empty == nil ? "missing" : "empty"),
            advice: advice
        )
    }

    /// A key nobody asked for so far that is very near to one that has to be there: `orgins` for `origins`.
    private func misspelling(of key: String) -> (key: String, value: SettingsNode)? {
        let strangers = entries.filter { !known.contains($0.key) }
        guard let nearest = EditDistance.nearest(to: key, among: strangers.map(\.key)),
            EditDistance.levenshtein(key, nearest) <= 2
        else { return nil }
        return strangers.first { $0.key == nearest }
    }

    /// An error about the map as a whole, such as two keys that exclude each other.
    package func error(_ message: String, advice: String? = nil) -> SettingsError {
        node.error(message, advice: advice)
    }

    /// Call when everything known has been taken. Refuses the first key that was not, and names the nearest that could.
    package func finish() throws(SettingsError) {
        guard let stranger = entries.first(where: { !known.contains($0.key) }) else { return }
        let message = "unknown key"
        if let nearest = EditDistance.nearest(to: stranger.key, among: known) {
            throw stranger.value.error("\(message) (did you mean \(nearest)?)", advice: "\(nearest): …")
        }
        let all = known.sorted().joined(separator: ", ")
        throw stranger.value.error(message, advice: known.isEmpty ? nil : "one of \(all)")
    }
}

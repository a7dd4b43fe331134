// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

/// One value of the settings file, with the path and the line it stands at, so that whoever reads it can complain
/// precisely. Environment variables are already replaced.
package struct SettingsNode: Sendable {
    enum Content: Sendable {
        /// Nothing after the colon, `~` or `null`.
        case empty
        /// `isPlain`: written without quotes, or from the environment; only such text is read as number or boolean.
        case scalar(String, isPlain: Bool)
        case list([SettingsNode])
        case map([(key: String, value: SettingsNode)])
    }

    package let file: String
    /// Counted from 1.
    package let line: Int
    /// Like `routes[0].auth`; empty for the document itself.
    package let path: String
    let content: Content

    /// For messages: what the user wrote here.
    var kind: String {
        switch content {
        case .empty: "empty"
        case .scalar(_, isPlain: true): "a plain value"
        case .scalar(_, isPlain: false): "a quoted string"
        case .list: "a list"
        case .map: "a map"
        }
    }

    /// Nothing, or an empty string, such as an optional variable leaves: `url: "${REDIS_URL:-}"`.
    package var isEmpty: Bool {
        switch content {
        case .empty: true
        case .scalar(let text, _): text.isEmpty
        case .list, .map: false
        }
    }

    package var isMap: Bool { if case .map = content { true } else { false } }
    package var isList: Bool { if case .list = content { true } else { false } }

    package func error(_ message: String, advice: String? = nil) -> SettingsError {
        SettingsError(file: file, line: line, path: path, message: message, advice: advice)
    }

    /// An empty node is an empty map, so that a section may be left with all its lines commented out.
    package func map() throws(SettingsError) -> SettingsMap {
        switch content {
        case .map(let entries): return SettingsMap(node: self, entries: entries)
        case .empty: return SettingsMap(node: self, entries: [])
        case .list, .scalar: throw error("expected a map, found \(kind)", advice: "name: value, one to a line")
        }
    }

    package func list() throws(SettingsError) -> [SettingsNode] {
        switch content {
        case .list(let elements): return elements
        case .empty: return []
        case .map, .scalar: throw error("expected a list, found \(kind)", advice: #"["one", "two"]"#)
        }
    }
}

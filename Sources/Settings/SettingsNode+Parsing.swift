// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Yams

extension SettingsNode {
    /// Reads one YAML document, strictly: no duplicate key, anchor, alias, tag of its own or second document. `file` is
    /// used for messages only.
    package static func parse(
        _ yaml: String,
        file: String,
        environment: [String: String]
    ) throws(SettingsError) -> SettingsNode {
        let parser: Parser
        let root: Node?
        do {
            parser = try Parser(yaml: yaml, resolver: .default, constructor: .default, encoding: .utf8)
            root = try parser.singleRoot()
        } catch {
            throw SettingsError(yamlError: error, file: file)
        }
        // Nodes refer to their anchors weakly; only the parser keeps them.
        defer { withExtendedLifetime(parser) {} }
        guard let root else { return SettingsNode(file: file, line: 1, path: "", content: .empty) }
        return try SettingsReader(file: file, environment: environment).node(root, path: "")
    }
}

/// Turns Yams' nodes into ours.
private struct SettingsReader {
    let file: String
    let environment: [String: String]

    func node(_ yaml: Node, path: String) throws(SettingsError) -> SettingsNode {
        let line = yaml.mark?.line ?? 0
        func failure(_ message: String, advice: String? = nil) -> SettingsError {
            SettingsError(file: file, line: line, path: path, message: message, advice: advice)
        }
        // An alias is a copy of the node that bears the anchor, so this refuses both.
        if yaml.anchor != nil {
            throw failure("anchors (&) and aliases (*) are not supported", advice: "the value itself")
        }
        if !Self.standardTags.contains(yaml.tag.description) {
            throw failure("tags such as \(yaml.tag.description) are not supported", advice: "the value without it")
        }
        let content: SettingsNode.Content
        switch yaml {
        case .scalar(let scalar):
            content = try scalarContent(scalar, failure)
        case .sequence(let elements):
            var list: [SettingsNode] = []
            for (index, element) in elements.enumerated() { list.append(try node(element, path: "\(path)[\(index)]")) }
            content = .list(list)
        case .mapping(let pairs):
            var map: [(key: String, value: SettingsNode)] = []
            for (key, value) in pairs {
                guard case .scalar(let name) = key, key.anchor == nil else {
                    throw failure("a key is not plain text", advice: "name: value")
                }
                let child = path.isEmpty ? name.string : "\(path).\(name.string)"
                // A value that is not written has no line of its own worth showing; its key's is.
                let value = try node(value, path: child)
                let line = value.isEmpty ? key.mark?.line ?? value.line : value.line
                map.append((name.string, SettingsNode(file: file, line: line, path: child, content: value.content)))
            }
            content = .map(map)
        case .alias:
            throw failure("anchors (&) and aliases (*) are not supported", advice: "the value itself")
        }
        return SettingsNode(file: file, line: line, path: path, content: content)
    }

    private func scalarContent(
        _ scalar: Node.Scalar,
        _ failure: (String, String?) -> SettingsError
    ) throws(SettingsError) -> SettingsNode.Content {
        do {
            if let expanded = try EnvironmentExpansion.expand(scalar.string, environment: environment) {
                return .scalar(expanded, isPlain: true)
            }
        } catch {
            throw failure(error.message, error.advice)
        }
        let isPlain = scalar.style == .plain || scalar.style == .any
        if isPlain, ["", "~", "null", "Null", "NULL"].contains(scalar.string) { return .empty }
        return .scalar(scalar.string, isPlain: isPlain)
    }

    /// What Yams resolves values without a tag to. We read values by their use, so the tag itself says nothing to us.
    private static let standardTags = Set(
        ["str", "int", "float", "bool", "null", "seq", "map", "timestamp", "merge", "value"].map {
            "tag:yaml.org,2002:" + $0
        }
    )
}

extension SettingsError {
    /// Yams' own description quotes the source line, which may hold a secret: only problem and place are kept.
    fileprivate init(yamlError error: any Error, file: String) {
        switch error as? YamlError {
        case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _):
            let prefix = context.map { "\($0.text): " } ?? ""
            self.init(file: file, line: mark.line, message: "not YAML: \(prefix)\(problem)")
        case .composer(_, let problem, let mark, _):
            self.init(file: file, line: mark.line, message: problem, advice: "one document, without aliases")
        case .duplicatedKeysInMapping(let keys, let context):
            self.init(
                file: file,
                line: context.mark.line,
                message: "written twice in one map: \(keys.joined(separator: ", "))",
                advice: "each key once"
            )
        case .reader(let problem, _, _, _):
            self.init(file: file, message: "not readable as UTF-8 text: \(problem)")
        case .memory:
            self.init(file: file, message: "out of memory")
        default:
            self.init(file: file, message: "not YAML")
        }
    }
}

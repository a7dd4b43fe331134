// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation

extension SettingsNode {
    /// Equal for equal content, wherever it stands in the file, and of the files it names; of one process only. It holds no
    /// secret, unlike the node.
    package var fingerprint: Int {
        var hasher = Hasher()
        hash(into: &hasher)
        for file in files {
            // One that cannot be read is refused by whoever reads it for what is in it.
            hasher.combine(FileManager.default.contents(atPath: file))
        }
        return hasher.finalize()
    }

    /// What stands below keys that end in `File`, as `caFile` and `keyFile` do.
    package var files: [String] {
        switch content {
        case .empty, .scalar: []
        case .list(let elements): elements.flatMap(\.files)
        case .map(let entries):
            entries.flatMap { entry in
                if entry.key.hasSuffix("File"), case .scalar(let path, _) = entry.value.content { return [path] }
                return entry.value.files
            }
        }
    }

    private func hash(into hasher: inout Hasher) {
        switch content {
        case .empty:
            hasher.combine(0)
        case .scalar(let text, let isPlain):
            hasher.combine(1)
            hasher.combine(text)
            hasher.combine(isPlain)
        case .list(let elements):
            hasher.combine(2)
            hasher.combine(elements.count)
            for element in elements { element.hash(into: &hasher) }
        case .map(let entries):
            hasher.combine(3)
            hasher.combine(entries.count)
            for entry in entries.sorted(by: { $0.key < $1.key }) {
                hasher.combine(entry.key)
                entry.value.hash(into: &hasher)
            }
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

extension SettingsNode {
    /// Equal for equal content, wherever it stands in the file; of one process only. It holds no secret, unlike the node.
    package var fingerprint: Int {
        var hasher = Hasher()
        hash(into: &hasher)
        return hasher.finalize()
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

// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import StrictJSON

/// Labels in one column, in their order: a JSON list. Filters look into `work_item_labels`.
enum LabelText {
    static func encode(_ labels: [String]) -> String {
        labels.isEmpty ? "[]" : JSONValue.array(labels.map { .string($0) }).description
    }

    static func decode(_ text: String) -> [String] {
        guard text != "[]" else { return [] }
        // We wrote it: a text that is no list could only come from somebody's hand in the file, and has no labels then.
        return (try? JSONScanner.parse(Array(text.utf8)))?.array?.compactMap(\.string) ?? []
    }
}

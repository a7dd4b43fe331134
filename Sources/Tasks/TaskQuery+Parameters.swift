// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import ServiceKit
internal import StrictJSON

extension TaskQuery {
    /// As `init(_:caller:)` reads them.
    static let parameters: [OpenAPI.Parameter] = {
        let words: @Sendable (Int) -> OpenAPI.Schema = {
            .string(1...$0).with("pattern", .string(#"^[^\u0000-\u001f\u007f-\u009f]+$"#))
        }
        let states = WorkItem.State.allCases.map(\.rawValue)
        return PageRequest.parameters + [
            .init(.query, "sort", .oneOf(Sort.allCases.map(\.rawValue)), "The order; `-` before it: descending."),
            .init(
                .query,
                "state",
                [
                    "type": "array", "items": ["type": "string", "enum": .array(states.map { .string($0) })],
                    "minItems": 1,
                ],
                "One or more states, separated by commas.",
                style: .commas
            ),
            .init(
                .query,
                "label",
                ["type": "array", "items": words(50).json, "minItems": 1, "maxItems": 20],
                "Repeat it: all of them must be on the task."
            ),
            .init(.query, "owner", words(255), "A user's id, or `me`."),
            .init(.query, "assignee", words(255), "A user's id, or `me`."),
            .init(.query, "due_before", .instant, "Due before."),
            .init(.query, "due_after", .instant, "Due at or after."),
            .init(.query, "q", words(100), "In the title."),
            .init(.query, "deleted", .boolean, "The bin instead."),
        ]
    }()
}

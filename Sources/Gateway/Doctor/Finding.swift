// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

package import StrictJSON

/// One thing `gatecast doctor` has to say about a set-up: what it saw, and the setting that mends it.
package struct Finding: Sendable, Hashable {
    package enum Level: String, Sendable, CaseIterable, Comparable {
        /// Something does not work, or will be refused.
        case problem
        /// Works now, and breaks or costs on some day.
        case warning
        /// Worth knowing.
        case note

        package static func < (left: Level, right: Level) -> Bool {
            (allCases.firstIndex(of: left) ?? 0) < (allCases.firstIndex(of: right) ?? 0)
        }
    }

    package var level: Level
    /// One word of a closed list, for scripts: `django-allowed-hosts`.
    package var check: String
    /// `upstreams.web 127.0.0.1:3000`
    package var subject: String
    package var saw: String
    /// What to write, and where.
    package var fix: String

    package init(_ level: Level, _ check: String, _ subject: String, saw: String, fix: String) {
        self.level = level
        self.check = check
        self.subject = subject
        self.saw = saw
        self.fix = fix
    }

    package var json: JSONValue {
        .object([
            .init(name: "level", value: .string(level.rawValue)), .init(name: "check", value: .string(check)),
            .init(name: "subject", value: .string(subject)), .init(name: "saw", value: .string(saw)),
            .init(name: "fix", value: .string(fix)),
        ])
    }
}

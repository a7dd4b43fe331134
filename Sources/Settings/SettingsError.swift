// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

/// What is wrong in a settings file, where, and what to write instead:
/// `gatecast.yaml:12: routes[0].auth: missing. Write: auth: required, optional or none`
package struct SettingsError: Error, Sendable, Hashable, CustomStringConvertible {
    package let file: String
    /// Counted from 1; 0 where the error has no place in the file.
    package let line: Int
    /// Like `routes[0].auth`; empty for the document itself.
    package let path: String
    /// Without a final stop. Never holds the value of a secret.
    package let message: String
    /// Follows “Write:”.
    package let advice: String?

    package init(file: String, line: Int = 0, path: String = "", message: String, advice: String? = nil) {
        self.file = file
        self.line = line
        self.path = path
        self.message = message
        self.advice = advice
    }

    package var description: String {
        let place = line > 0 ? "\(file):\(line)" : file
        let subject = path.isEmpty ? "" : "\(path): "
        let remedy = advice.map { ". Write: \($0)" } ?? ""
        return "\(place): \(subject)\(message)\(remedy)"
    }
}

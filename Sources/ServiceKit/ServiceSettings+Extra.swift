// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

package import Settings

extension ServiceSettings {
    /// One of a service's own keys, for the settings' own reader, so that units and messages are the same as in any file.
    package static func node(_ key: String, _ extra: [String: String]) throws(SettingsError) -> SettingsNode? {
        guard let text = extra[key] else { return nil }
        guard text.utf8.allSatisfy({ ($0 >= 0x30 && $0 <= 0x39) || ($0 | 0x20 >= 0x61 && $0 | 0x20 <= 0x7A) }) else {
            throw SettingsError(file: "environment", path: key, message: "only letters and digits belong here")
        }
        // What is no number is quoted: a bare `off` would be a boolean.
        let value = text.utf8.allSatisfy { $0 >= 0x30 && $0 <= 0x39 } && !text.isEmpty ? text : "\"\(text)\""
        var map = try SettingsNode.parse("\(key): \(value)", file: "environment", environment: [:]).map()
        return map.take(key)
    }
}

// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

package import StrictJSON

/// What became of one reload.
package enum ReloadOutcome: Sendable, Equatable {
    /// In force on every loop. `changed`: sections of the file, and `certificates`; `restart`: sections that differ from what the
    /// process was started with and wait for its next start.
    case applied(changed: [String], restart: [String])
    /// Nothing differs from what is in force.
    case unchanged(restart: [String])
    /// Nothing was changed. `place`: `gatecast.yaml:12` where it has one.
    case refused(message: String)

    /// Label of `gatecast_config_reloads_total`.
    var label: String {
        switch self {
        case .applied: "applied"
        case .unchanged: "unchanged"
        case .refused: "refused"
        }
    }

    package var json: JSONValue {
        var members: [JSONValue.Member] = [.init(name: "result", value: .string(label))]
        func add(_ name: String, _ list: [String]) {
            members.append(.init(name: name, value: .array(list.map { .string($0) })))
        }
        switch self {
        case .applied(let changed, let restart):
            add("changed", changed)
            add("restart", restart)
        case .unchanged(let restart):
            add("restart", restart)
        case .refused(let message):
            members.append(.init(name: "error", value: .string(message)))
        }
        return .object(members)
    }
}

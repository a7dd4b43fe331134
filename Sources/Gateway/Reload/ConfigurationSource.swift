// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Edge
internal import Settings

/// Where the configuration comes from, to be read again: a file and the environment, options laid over it.
package struct ConfigurationSource: Sendable {
    /// nil where there is none (`gatecast up` without `--config`): then only certificates can change.
    package var file: String?
    /// As at the start: every rule, files opened.
    package var load: @Sendable () throws -> GatewaySettings

    package init(file: String?, load: @escaping @Sendable () throws -> GatewaySettings) {
        self.file = file
        self.load = load
    }

    /// - Parameter environment: what `${NAME}` may stand for; a process's own does not change while it runs.
    package static func file(_ path: String, environment: [String: String]) -> ConfigurationSource {
        ConfigurationSource(file: path) { () throws(SettingsError) in
            try GatewaySettings.load(file: path, environment: environment)
        }
    }

    /// Files whose change is a reason to load: the configuration, and the certificates, authorities and keys `settings` names.
    func watched(by settings: GatewaySettings) -> [String] {
        (file.map { [$0] } ?? []) + settings.edge.certificates.flatMap { [$0.certificate, $0.key] }
            + settings.namedFiles
    }
}

// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

package import Logging

/// Which log back end an executable installs.
package enum LogFormat: String, Sendable, CaseIterable {
    /// For collectors.
    case json
    /// For people.
    case console

    package func handler(
        label: String,
        level: Logger.Level = .info,
        stream: LogStream = .standardError,
        metadataProvider: Logger.MetadataProvider? = nil
    ) -> any LogHandler {
        switch self {
        case .json: JSONLogHandler(label: label, level: level, stream: stream, metadataProvider: metadataProvider)
        case .console: ConsoleLogHandler(label: label, level: level, stream: stream, metadataProvider: metadataProvider)
        }
    }

    /// Once per process, before the first logger is made.
    package func bootstrap(level: Logger.Level = .info, stream: LogStream = .standardError) {
        LoggingSystem.bootstrap(
            { label, provider in
                handler(label: label, level: level, stream: stream, metadataProvider: provider)
            },
            metadataProvider: nil
        )
    }
}

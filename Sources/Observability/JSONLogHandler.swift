// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

package import Logging
internal import StrictJSON

/// One JSON object per record and line: `ts`, `level`, `logger`, `msg`, `error` where there is one, then the metadata by
/// name. Nested metadata is flattened with dots; numbers and booleans stay what they are; no member appears twice.
package struct JSONLogHandler: LogHandler {
    private let label: String
    private let stream: LogStream
    package var logLevel: Logger.Level
    package var metadata: Logger.Metadata = [:]
    package var metadataProvider: Logger.MetadataProvider?

    package init(
        label: String,
        level: Logger.Level = .info,
        stream: LogStream = .standardError,
        metadataProvider: Logger.MetadataProvider? = nil
    ) {
        self.label = label
        self.logLevel = level
        self.stream = stream
        self.metadataProvider = metadataProvider
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) { log(event, at: .now()) }

    func log(_ event: LogEvent, at time: LogTimestamp) {
        var line: [UInt8] = []
        line.reserveCapacity(320)
        line.append(contentsOf: #"{"ts":""#.utf8)
        time.write(into: &line)
        line.append(contentsOf: #"","level":""#.utf8)
        line.append(contentsOf: event.level.rawValue.utf8)
        line.append(contentsOf: #"","logger":"#.utf8)
        JSONText.quote(label, into: &line)
        line.append(contentsOf: #","msg":"#.utf8)
        JSONText.quote(event.message.description, into: &line)
        var members = LogMembers(reserved: ["ts", "level", "logger", "msg"])
        if let error = event.error { members.append("error", .string("\(error)"), into: &line) }
        let merged = LogMetadata.merge(metadata, provider: metadataProvider, explicit: event.metadata)
        for (name, value) in merged.sorted(by: { $0.key < $1.key }) { members.append(name, value, into: &line) }
        line.append(contentsOf: "}\n".utf8)
        stream.write(line)
    }
}

/// Writes metadata as members, each name once.
private struct LogMembers {
    private let reserved: [String]
    /// What could meet another spelling of itself: only flattened names and those that made way for a reserved one.
    private var used: [String] = []

    init(reserved: [String]) { self.reserved = reserved }

    mutating func append(_ name: String, _ value: Logger.Metadata.Value, into line: inout [UInt8]) {
        if case .dictionary(let nested) = value {
            for (key, value) in nested.sorted(by: { $0.key < $1.key }) { append("\(name).\(key)", value, into: &line) }
            return
        }
        var name = name
        while reserved.contains(name) || used.contains(name) { name = "meta.\(name)" }
        if name.utf8.contains(UInt8(ascii: ".")) || name == "error" { used.append(name) }
        line.append(UInt8(ascii: ","))
        JSONText.quote(name, into: &line)
        line.append(UInt8(ascii: ":"))
        if case .string(let text) = value {
            JSONText.quote(text, into: &line)
        } else {
            LogMetadata.json(value).encode(into: &line)
        }
    }
}

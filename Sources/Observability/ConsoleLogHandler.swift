// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

package import Logging

/// For people at a terminal: `18:50:53.042 warning gatecast.edge: upstream refused upstream=tasks`. Times are UTC. Line
/// breaks inside a value are shown as `\n`, so that one record stays one line whatever a peer sent.
package struct ConsoleLogHandler: LogHandler {
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
        line.reserveCapacity(200)
        time.writeClock(into: &line)
        var text = " \(event.level) \(label): \(event.message)"
        if let error = event.error { text += " error=\(error)" }
        let merged = LogMetadata.merge(metadata, provider: metadataProvider, explicit: event.metadata)
        for (name, value) in merged.sorted(by: { $0.key < $1.key }) { text += " \(name)=\(value)" }
        for byte in text.utf8 { Self.append(byte, to: &line) }
        line.append(UInt8(ascii: "\n"))
        stream.write(line)
    }

    /// Control characters could drive the reader's terminal.
    private static func append(_ byte: UInt8, to line: inout [UInt8]) {
        switch byte {
        case UInt8(ascii: "\n"): line.append(contentsOf: #"\n"#.utf8)
        case 0x00..<0x20, 0x7F: line.append(UInt8(ascii: "?"))
        default: line.append(byte)
        }
    }
}

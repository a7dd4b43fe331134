// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation
internal import StrictJSON
internal import TestSupport

/// `examples/ssr/behind.js` in a plain Node process.
final class PageServer: Sendable {
    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path
    static let node = ["/usr/bin/node", "/usr/local/bin/node"].first {
        FileManager.default.isExecutableFile(atPath: $0)
    }
    static var isAvailable: Bool { node != nil }

    private let process: ChildProcess

    /// - Parameter port: the gateway's configuration names it before either runs.
    init(port: Int, gateway internalPort: Int, api: String) async throws {
        let errors = try ChildPipe()
        defer { errors.closeWriteEnd() }
        process = try ChildProcess(
            Self.node ?? "node",
            ["\(Self.root)/examples/ssr/behind.js"],
            environment: [
                "PORT": "\(port)", "GATECAST_INTERNAL": "http://127.0.0.1:\(internalPort)", "API_PATH": api,
            ],
            streams: .init(input: nil, output: nil, errors: errors.writeEnd)
        )
        var said: [String] = []
        for await line in errors.lines() {
            said.append(line)
            // Other lines are Node's own.
            if (try? JSONScanner.parse(Array(line.utf8)))?["msg"] == "listening" { return }
        }
        throw ChildProcess.Failure(description: "the page server did not listen:\n\(said.joined(separator: "\n"))")
    }

    /// Asks it to end and waits.
    func end() async -> Int32 {
        process.signal(SIGTERM)
        return await process.wait()
    }

    deinit {
        process.signal(SIGKILL)
        process.waitBlocking()
    }
}

// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import Foundation
import NIOCore
import NIOPosix
import Settings
import TestSupport

/// A real server of somebody else's making, started from a source text on a loopback port of its own.
struct Peer {
    static let node = Self.executable(["/usr/bin/node", "/usr/local/bin/node"])
    /// `make test` installs it into `.venv`.
    static let daphne = Self.executable([Self.repository + "/.venv/bin/daphne"])

    private static let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().path

    private static func executable(_ candidates: [String]) -> String? {
        candidates.first { FileManager.default.isExecutableFile(atPath: $0) }
    }

    /// `arguments` gets the port; the source is written to `file` in the process's directory.
    static func with(
        _ executable: String,
        file: String,
        source: String,
        arguments: (Int) -> [String],
        _ body: (ListenAddress) async throws -> Void
    ) async throws {
        let directory = NSTemporaryDirectory() + "gatecast-peer-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: directory) }  // the system's temporary folder
        try source.write(toFile: directory + "/" + file, atomically: true, encoding: .utf8)
        let port = try FreePort.find()
        let process = try ChildProcess(
            executable,
            arguments(port),
            environment: ["HOME": directory],
            in: directory,
            streams: .init(input: nil, output: nil, errors: nil)
        )
        defer {
            process.signal(SIGKILL)
            process.waitBlocking()
        }
        try await eventually(within: .seconds(60)) {
            guard process.isRunning else { throw EdgeTestFailure(description: "\(executable) ended at once") }
            guard
                let channel = try? await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                    .connect(host: "127.0.0.1", port: port).get()
            else { return false }
            try await channel.close().get()
            return true
        }
        try await body(ListenAddress(host: "127.0.0.1", port: port))
    }
}

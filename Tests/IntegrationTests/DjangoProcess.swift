// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation
internal import Settings
internal import StrictJSON
internal import TestSupport

/// `Tests/Interop/django`, one preset of it, as a process of its own on a port of its own. It knows one user, `ana`.
final class DjangoProcess: Sendable {
    enum Preset: String, Sendable, CaseIterable { case simplejwt, djoser, djRestAuth = "dj_rest_auth" }

    static let password = "correct horse battery"

    struct Options: Sendable {
        /// Refresh answers bring a new refresh token.
        var rotates = false
        /// … and the old one, or a revoked one, is refused from then on.
        var blacklists = false
        /// dj-rest-auth's `JWT_AUTH_HTTPONLY`: the refresh token is in a cookie only.
        var isHTTPOnly = false
        var accessSeconds = 300
        /// simplejwt 5.4.0 writes `user_id` as a number, later ones as a string.
        var usesOlderSimplejwt = false
    }

    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path
    private static let environment = "\(root)/.venv/interop"

    /// `make test` installs the packages; a bare `swift test` leaves these tests out where they are missing.
    static let isAvailable = FileManager.default.isExecutableFile(atPath: "\(environment)/bin/python3")

    let port: Int
    private let folder: ScratchFolder
    private let process: ChildProcess

    static func start(_ preset: Preset, _ options: Options = Options()) async throws -> DjangoProcess {
        try await DjangoProcess(preset, options)
    }

    private init(_ preset: Preset, _ options: Options) async throws {
        folder = try ScratchFolder()
        let errors = try ChildPipe()
        defer { errors.closeWriteEnd() }
        var variables = [
            "INTEROP_PRESET": preset.rawValue, "INTEROP_DATA": folder.path, "PYTHONDONTWRITEBYTECODE": "1",
            "INTEROP_ACCESS_SECONDS": "\(options.accessSeconds)",
            "INTEROP_ROTATE": options.rotates ? "1" : "0", "INTEROP_BLACKLIST": options.blacklists ? "1" : "0",
            "INTEROP_HTTPONLY": options.isHTTPOnly ? "1" : "0",
        ]
        if options.usesOlderSimplejwt { variables["INTEROP_OLDER"] = "\(Self.environment)/older" }
        process = try ChildProcess(
            "\(Self.environment)/bin/python3",
            ["\(Self.root)/Tests/Interop/django/serve.py"],
            environment: variables,
            in: folder.path,
            streams: .init(input: nil, output: nil, errors: errors.writeEnd)
        )
        var said: [String] = []
        for await line in errors.lines() {
            said.append(line)
            let record = try? JSONScanner.parse(Array(line.utf8))  // other lines are Python's
            if let text = record?["address"]?.string, let port = Int(text.split(separator: ":").last ?? "") {
                self.port = port
                return
            }
        }
        throw ChildProcess.Failure(description: "Django did not listen:\n\(said.joined(separator: "\n"))")
    }

    var address: ListenAddress { ListenAddress(host: "127.0.0.1", port: port) }

    deinit {
        process.signal(SIGKILL)
        process.waitBlocking()
    }
}

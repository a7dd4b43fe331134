// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation
internal import TestSupport
internal import Testing

/// The scripts of `Tests/Browser`: headless Chromium against `gatecast up`, HTTPS verified. One product for each, so that none sees
/// another's users and all may run beside the other tests; one at a time, since a browser is a house of processes.
@Suite("In a browser", .serialized, .enabled(if: ChromiumProcess.isAvailable))
struct BrowserTests {
    @Test(
        "What Tests/Browser/README.md says of each script",
        .timeLimit(.minutes(8)),
        arguments: ["journey", "live", "logout", "tokens", "foreign", "forms", "access", "console", "ssr"]
    )
    func script(_ name: String) async throws {
        let folder = try ScratchFolder()
        let product = try ProductProcess("gatecast", UpTests.arguments, in: folder.path)
        let port = try await product.port(of: "public")
        _ = try await product.port(of: "admin")
        try await eventually { FileManager.default.fileExists(atPath: "\(folder.path)/var/admin-address") }
        let run = try await ChromiumProcess.run(name, port: port, folder: folder.path)
        #expect(run.code == 0, "\(run.output)\n\(run.errors)")
        #expect(run.output.contains("\(name): ok"), "\(run.output)")
        #expect(await product.end() == 0, "\(product.logText)")
    }
}

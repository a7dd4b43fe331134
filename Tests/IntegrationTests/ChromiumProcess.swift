// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation

/// Python with Playwright, which drives Debian's Chromium.
enum ChromiumProcess {
    private static let python = "\(PageServer.root)/.venv/bin/python"

    /// Installed by `make test`, or not to be had here.
    static let isAvailable: Bool = {
        let files = FileManager.default
        let packages = (try? files.contentsOfDirectory(atPath: "\(PageServer.root)/.venv/lib")) ?? []
        return ["/usr/bin/chromium", "/usr/bin/certutil", python].allSatisfy(files.isExecutableFile)
            && packages.contains { version in
                ["playwright", "axe_playwright_python"].allSatisfy {
                    files.fileExists(atPath: "\(PageServer.root)/.venv/lib/\(version)/site-packages/\($0)")
                }
            }
    }()

    /// One script of `Tests/Browser` against the product that runs in `folder`.
    static func run(_ script: String, port: Int, folder: String) async throws -> CommandRun {
        try await CommandRun.run(
            python,
            ["\(PageServer.root)/Tests/Browser/run.py", "\(ProductProcess.folder)/gatecast", script],
            environment: ["GATECAST_FOLDER": folder, "GATECAST_PORT": "\(port)", "HOME": folder],
            in: folder
        )
    }
}

// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import Foundation

/// The inputs that are kept: `Corpus` shows each target its language, `Failures` holds what once broke a property.
enum Seeds {
    /// The folder `Fuzz` of this checkout.
    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()

    static func files(of target: FuzzTarget) throws -> [(name: String, bytes: [UInt8])] {
        var files: [(String, [UInt8])] = []
        for kind in ["Corpus", "Failures"] {
            let folder = self.folder.appendingPathComponent(kind).appendingPathComponent(target.name)
            guard FileManager.default.fileExists(atPath: folder.path) else { continue }
            for name in try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() {
                files.append(
                    (
                        "\(kind)/\(target.name)/\(name)",
                        [UInt8](try Data(contentsOf: folder.appendingPathComponent(name)))
                    )
                )
            }
        }
        return files
    }
}

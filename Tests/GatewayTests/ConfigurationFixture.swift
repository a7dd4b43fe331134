// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import Foundation
import Settings
import TestSupport

@testable import Gateway

/// The `gatecast.yaml` of the repository over certificates of this run, and the settings or the error it decodes to.
final class ConfigurationFixture {
    static let sessionKey = Data(repeating: 7, count: 32).base64EncodedString()
    static let adminToken = "sixteen-bytes-at"

    let folder: String
    let text: String

    init() throws {
        folder = FileManager.default.temporaryDirectory.path + "/gatecast-gateway-\(UUID().uuidString)"
        try TestCertificates.shared.write(to: folder + "/certs")
        let file = URL(fileURLWithPath: #filePath).appendingPathComponent("../../../gatecast.yaml").standardized.path
        text = try String(contentsOfFile: file, encoding: .utf8)
            .replacingOccurrences(of: "certs/", with: "\(folder)/certs/")
    }

    // What stays behind is in the system's temporary folder.
    deinit { try? FileManager.default.removeItem(atPath: folder) }

    static func environment(_ further: [String: String] = [:]) -> [String: String] {
        ["GATECAST_SESSION_KEY": sessionKey, "GATECAST_ADMIN_TOKEN": adminToken].merging(further) { $1 }
    }

    /// The text with each `old` replaced by its `new`; every `old` has to be there.
    func edited(_ edits: [(old: String, new: String)]) throws -> String {
        try edits.reduce(text) { text, edit in
            guard text.contains(edit.old) else { throw Missing(text: edit.old) }
            return text.replacingOccurrences(of: edit.old, with: edit.new)
        }
    }

    func settings(
        _ edits: [(old: String, new: String)] = [],
        _ environment: [String: String] = ConfigurationFixture.environment()
    ) throws -> GatewaySettings {
        try GatewaySettings(text: edited(edits), file: "gatecast.yaml", environment: environment)
    }

    /// The whole sentence a user reads, or nil where the settings are accepted.
    func refusal(
        _ edits: [(old: String, new: String)],
        _ environment: [String: String] = ConfigurationFixture.environment()
    ) throws -> String? {
        do {
            _ = try settings(edits, environment)
            return nil
        } catch let error as SettingsError {
            return error.description
        }
    }

    /// Counted from 1.
    func line(of part: String) throws -> Int {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        guard let index = lines.firstIndex(where: { $0.contains(part) }) else { throw Missing(text: part) }
        return index + 1
    }

    /// Writes the text to a file of the fixture's folder.
    func file(_ edits: [(old: String, new: String)] = []) throws -> String {
        let path = folder + "/gatecast.yaml"
        try edited(edits).write(toFile: path, atomically: true, encoding: .utf8)
        return path
    }

    private struct Missing: Error { var text: String }
}

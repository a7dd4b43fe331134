// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation

/// The files that `gatecast up` keeps: keys, the admin token, the embedded stores.
struct DataFolder {
    var path: String

    var sessionKey: SecretFile { SecretFile(path: "\(path)/session-key") }
    var adminToken: SecretFile { SecretFile(path: "\(path)/admin-token") }
    /// Where the admin listener of the running process is; no secret, but written the same way.
    var adminAddress: SecretFile { SecretFile(path: "\(path)/admin-address") }

    /// Makes the folder (0700) where it is missing.
    func make() throws {
        do {
            try FileManager.default.createDirectory(
                atPath: path,
                withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o700]
            )
        } catch {
            throw SecretFileError(path: path)
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation

extension SigningKey {
    /// Loads the key at `path`, or makes one there (mode 0600, written whole or not at all).
    ///
    /// - Parameter algorithm: of a key that has to be made; a key that exists decides for itself.
    package static func loadOrCreate(path: String, algorithm: Algorithm = .edDSA) throws -> SigningKey {
        if FileManager.default.fileExists(atPath: path) { return try self.load(path: path) }
        let key = try self.generate(algorithm)
        if try key.create(path: path) { return key }
        return try self.load(path: path)  // another process was faster
    }

    /// Refuses a file that others may read: a signing key that leaked is everybody's login.
    package static func load(path: String) throws -> SigningKey {
        let text: String
        do {
            let attributes = try FileManager.default.attributesOfItem(atPath: path)
            let mode = (attributes[.posixPermissions] as? NSNumber)?.intValue ?? 0
            guard mode & 0o077 == 0 else {
                throw LoadError(description: "\(path): others may read this signing key. Run: chmod 600 \(path)")
            }
            text = try String(contentsOfFile: path, encoding: .utf8)
        } catch let error as LoadError {
            throw error
        } catch {
            throw LoadError(description: "\(path): cannot be read as a signing key (\(error.localizedDescription))")
        }
        do {
            return try SigningKey(pem: text)
        } catch {
            throw LoadError(description: "\(path): \(error)")
        }
    }

    /// Answers false if the file exists already; it is then left alone.
    package func create(path: String) throws -> Bool {
        let directory = URL(fileURLWithPath: path).deletingLastPathComponent()
        try FileManager.default.createDirectory(
            at: directory,
            withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700]
        )
        let draft = directory.appendingPathComponent(".\(UUID().uuidString).pem").path
        guard
            FileManager.default.createFile(
                atPath: draft,
                contents: Data(self.pem.utf8),
                attributes: [.posixPermissions: 0o600]
            )
        else { throw LoadError(description: "\(directory.path): a signing key cannot be written here") }
        // A hard link appears whole and never replaces a file that is there.
        defer { unlink(draft) }
        if link(draft, path) == 0 { return true }
        guard errno == EEXIST else {
            throw LoadError(description: "\(path): \(String(cString: strerror(errno)))")
        }
        return false
    }
}

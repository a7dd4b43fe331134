// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Crypto
internal import Foundation
internal import Settings

/// A secret that `gatecast up` makes once and keeps in a file only its owner may read.
struct SecretFile {
    var path: String

    /// The file's text without surrounding blanks, or nil where there is no such file.
    func read() throws -> String? {
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        let text = try String(contentsOfFile: path, encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)
        return text.isEmpty ? nil : text
    }

    /// The kept secret, or 32 new random bytes in base64 written with mode 0600.
    func readOrMake() throws -> Secret {
        if let kept = try read() { return Secret(kept) }
        let text = SymmetricKey(size: .bits256).withUnsafeBytes { Data($0).base64EncodedString() }
        try write(text)
        return Secret(text)
    }

    /// Writes atomically: a crash leaves the old file or the new one. The file is never readable by others, not even while it grows.
    func write(_ text: String) throws {
        let temporary = "\(path).\(UInt64.random(in: 0 ... .max)).new"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw SecretFileError(path: path) }
        do {
            let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
            try handle.write(contentsOf: Data("\(text)\n".utf8))
            try handle.synchronize()
            try handle.close()
            guard rename(temporary, path) == 0 else { throw SecretFileError(path: path) }
        } catch {
            unlink(temporary)
            throw SecretFileError(path: path)
        }
    }
}

struct SecretFileError: Error, CustomStringConvertible {
    var path: String
    var description: String { "cannot write \(path): make the folder writable, or choose another with --data" }
}

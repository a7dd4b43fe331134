// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation

/// Small files that are either whole or absent.
enum SecureFile {
    /// nil where there is no such file.
    static func read(_ path: String) throws(LocalCAError) -> String? {
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        do {
            return try String(contentsOfFile: path, encoding: .utf8)
        } catch {
            throw LocalCAError(
                message: "cannot read \(path)",
                advice: "Let the user that runs gatecast read it, or choose another directory."
            )
        }
    }

    /// Writes beside the target, syncs, renames over it. The mode is there from the first byte on.
    static func write(_ text: String, to path: String, mode: mode_t) throws(LocalCAError) {
        let temporary = "\(path).\(getpid()).new"
        // A leftover of a killed process with our number.
        unlink(temporary)
        let file = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
        guard file >= 0 else { throw failure("create", temporary) }
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Foundation.write(file, $0.baseAddress, $0.count) }
            if count < 0 {
                if errno == EINTR { continue }
                let error = failure("write", temporary)
                close(file)
                unlink(temporary)
                throw error
            }
            rest = rest.dropFirst(count)
        }
        guard fsync(file) == 0, close(file) == 0, rename(temporary, path) == 0 else {
            let error = failure("write", path)
            unlink(temporary)
            throw error
        }
    }

    /// A key that others on this machine may read is closed to them.
    static func tighten(_ path: String) throws(LocalCAError) {
        do {
            let manager = FileManager.default
            let mode = try manager.attributesOfItem(atPath: path)[.posixPermissions] as? NSNumber
            guard let mode, mode.uint16Value & 0o077 != 0 else { return }
            try manager.setAttributes([.posixPermissions: NSNumber(value: 0o600 as UInt16)], ofItemAtPath: path)
        } catch {
            throw LocalCAError(
                message: "\(path) may be read by others, and its mode cannot be changed",
                advice: "Run chmod 600 on it as its owner."
            )
        }
    }

    static func failure(_ action: String, _ path: String) -> LocalCAError {
        let reason = String(cString: strerror(errno))
        return LocalCAError(
            message: "cannot \(action) \(path): \(reason)",
            advice: "Choose a directory that the user running gatecast may write to, with --directory."
        )
    }
}

/// Keeps two processes from making two authorities in one directory. Creates the directory.
struct DirectoryLock {
    private let descriptor: Int32

    init(_ directory: String) throws(LocalCAError) {
        let path = directory.isEmpty ? "." : directory
        do {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        } catch {
            throw LocalCAError(
                message: "cannot make the directory \(path)",
                advice: "Make it yourself, or choose another one with --directory."
            )
        }
        descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0, flock(descriptor, LOCK_EX) == 0 else { throw SecureFile.failure("lock", path) }
    }

    func release() { close(descriptor) }
}

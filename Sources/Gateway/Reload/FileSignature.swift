// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import CoreFoundation
internal import Foundation

/// What tells one content of a file from the next without reading it. A rename over the file, as editors and certificate
/// managers do, and a symbolic link that points elsewhere, as mounted ConfigMaps do, change the inode.
struct FileSignature: Equatable, Sendable {
    private var device: UInt64 = 0
    private var inode: UInt64 = 0
    private var size: Int64 = -1
    private var modified: [Int] = []
    private var changed: [Int] = []

    /// A file that is not there has a signature too.
    init(path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return }
        device = UInt64(status.st_dev)
        inode = UInt64(status.st_ino)
        size = Int64(status.st_size)
        modified = [status.st_mtim.tv_sec, status.st_mtim.tv_nsec]
        changed = [status.st_ctim.tv_sec, status.st_ctim.tv_nsec]
    }
}

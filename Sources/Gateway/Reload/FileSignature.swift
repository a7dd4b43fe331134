// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation

/// What tells one content of a file from the next without reading it. A rename over the file, as editors and certificate
/// managers do, and a symbolic link that points elsewhere, as mounted ConfigMaps do, change the inode.
struct FileSignature: Equatable, Sendable {
    private let device: Int
    private let inode: Int
    private let size: Int
    private let modified: Date

    /// A file that is not there has a signature too.
    init(path: String) {
        let target = (path as NSString).resolvingSymlinksInPath
        let attributes = try? FileManager.default.attributesOfItem(atPath: target)
        device = attributes?[.systemNumber] as? Int ?? -1
        inode = attributes?[.systemFileNumber] as? Int ?? -1
        size = attributes?[.size] as? Int ?? -1
        modified = attributes?[.modificationDate] as? Date ?? .distantPast
    }

    func isSameFile(as other: FileSignature) -> Bool {
        inode >= 0 && (device, inode) == (other.device, other.inode)
    }
}

// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation

/// `SCM_RIGHTS` as bytes (unix(7), cmsg(3)): a header of length, level and type, then the descriptors. C's macros for it do not
/// reach Swift.
enum ControlMessage {
    private static let header = MemoryLayout<cmsghdr>.size

    static func size(_ count: Int) -> Int { count == 0 ? 0 : header + (count * 4 + 7) / 8 * 8 }

    static func bytes(_ descriptors: [CInt]) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: size(descriptors.count))
        guard !descriptors.isEmpty else { return bytes }
        bytes.withUnsafeMutableBytes { buffer in
            buffer.storeBytes(of: header + descriptors.count * 4, toByteOffset: 0, as: Int.self)
            buffer.storeBytes(of: SOL_SOCKET, toByteOffset: 8, as: CInt.self)
            buffer.storeBytes(of: CInt(SCM_RIGHTS), toByteOffset: 12, as: CInt.self)
            for (index, descriptor) in descriptors.enumerated() {
                buffer.storeBytes(of: descriptor, toByteOffset: header + index * 4, as: CInt.self)
            }
        }
        return bytes
    }

    /// Empty for anything but descriptors.
    static func descriptors(in bytes: ArraySlice<UInt8>) -> [CInt] {
        Array(bytes).withUnsafeBytes { buffer in
            guard buffer.count >= header, buffer.loadUnaligned(fromByteOffset: 8, as: CInt.self) == SOL_SOCKET,
                buffer.loadUnaligned(fromByteOffset: 12, as: CInt.self) == CInt(SCM_RIGHTS)
            else { return [] }
            let length = min(buffer.loadUnaligned(as: Int.self), buffer.count)
            return stride(from: header, through: length - 4, by: 4).map {
                buffer.loadUnaligned(fromByteOffset: $0, as: CInt.self)
            }
        }
    }
}

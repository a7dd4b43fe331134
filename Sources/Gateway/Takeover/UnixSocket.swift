// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation

/// A connected Unix-domain stream socket that carries short lines and descriptors between two processes of ours. Blocking, with
/// a time limit on every call.
final class UnixSocket: Sendable {
    struct Failure: Error, CustomStringConvertible {
        var call: String
        var code: Int32
        var description: String { "\(call): \(String(cString: strerror(code)))" }
    }

    let descriptor: CInt

    /// - Parameter descriptor: ours from here on.
    init(_ descriptor: CInt) { self.descriptor = descriptor }

    deinit { close(descriptor) }

    static func connect(to path: String) throws -> UnixSocket {
        let socket = UnixSocket(try Self.make())
        try Self.withAddress(path) { address, size in
            try Self.checked("connect") { Glibc.connect(socket.descriptor, address, size) }
        }
        return socket
    }

    /// Bound and listening under `path`, for the owner alone, in place of whatever was there.
    static func listen(at path: String) throws -> UnixSocket {
        let socket = UnixSocket(try Self.make())
        let own = "\(path).\(getpid())"
        unlink(own)
        try Self.withAddress(own) { address, size in
            try Self.checked("bind") { bind(socket.descriptor, address, size) }
        }
        do {
            try Self.checked("chmod") { chmod(own, 0o600) }
            try Self.checked("listen") { Glibc.listen(socket.descriptor, 4) }
            try Self.checked("rename") { rename(own, path) }
        } catch {
            unlink(own)
            throw error
        }
        return socket
    }

    func accept() throws -> UnixSocket {
        let accepted = UnixSocket(try Self.checked("accept") { Glibc.accept(descriptor, nil, nil) })
        try Self.checked("fcntl") { fcntl(accepted.descriptor, F_SETFD, FD_CLOEXEC) }
        return accepted
    }

    /// For each receive and send from here on.
    func setTimeLimit(seconds: Int) throws {
        // A `timeval`: seconds and microseconds. Its members belong to another C module from build to build.
        let limit = [seconds, 0]
        let size = socklen_t(MemoryLayout<Int>.size * limit.count)
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            try Self.checked("setsockopt") { setsockopt(descriptor, SOL_SOCKET, option, limit, size) }
        }
    }

    // MARK: Messages

    static let longestLine = 128
    static let mostDescriptors = 4

    /// One line, and with it copies of `descriptors`.
    func send(_ line: String, descriptors: [CInt] = []) throws {
        var bytes = Array((line + "\n").utf8)
        var control = ControlMessage.bytes(descriptors)
        let sent = bytes.withUnsafeMutableBytes { bytes in
            control.withUnsafeMutableBytes { control in
                var part = iovec(iov_base: bytes.baseAddress, iov_len: bytes.count)
                return withUnsafeMutablePointer(to: &part) { part in
                    var message = msghdr()
                    message.msg_iov = part
                    message.msg_iovlen = 1
                    message.msg_control = control.isEmpty ? nil : control.baseAddress
                    message.msg_controllen = control.count
                    return sendmsg(descriptor, &message, CInt(MSG_NOSIGNAL))
                }
            }
        }
        guard sent >= 0 else { throw Failure(call: "sendmsg", code: errno) }
    }

    /// The next line without its end, and the descriptors that came with it, ours from here on. Lines are short and awaited one by
    /// one, so each arrives whole.
    func receive() throws -> (line: String, descriptors: [CInt]) {
        var bytes = [UInt8](repeating: 0, count: Self.longestLine)
        var control = [UInt8](repeating: 0, count: ControlMessage.size(Self.mostDescriptors))
        var controlLength = 0
        let received = bytes.withUnsafeMutableBytes { bytes in
            control.withUnsafeMutableBytes { control in
                var part = iovec(iov_base: bytes.baseAddress, iov_len: bytes.count)
                return withUnsafeMutablePointer(to: &part) { part in
                    var message = msghdr()
                    message.msg_iov = part
                    message.msg_iovlen = 1
                    message.msg_control = control.baseAddress
                    message.msg_controllen = control.count
                    let count = recvmsg(descriptor, &message, CInt(MSG_CMSG_CLOEXEC))
                    controlLength = message.msg_controllen
                    return count
                }
            }
        }
        guard received >= 0 else { throw Failure(call: "recvmsg", code: errno) }
        guard received > 0 else { throw Failure(call: "recvmsg", code: ECONNRESET) }
        let line = String(decoding: bytes.prefix(received), as: UTF8.self)
        return (
            line.hasSuffix("\n") ? String(line.dropLast()) : line,
            ControlMessage.descriptors(in: control.prefix(controlLength))
        )
    }

    // MARK: Calls

    private static func make() throws -> CInt {
        try checked("socket") { socket(AF_UNIX, CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0) }
    }

    @discardableResult
    private static func checked(_ call: String, _ body: () -> CInt) throws -> CInt {
        let result = body()
        guard result >= 0 else { throw Failure(call: call, code: errno) }
        return result
    }

    @discardableResult
    private static func withAddress<T>(_ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) throws -> T) throws
        -> T
    {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else {
            throw Failure(call: path, code: ENAMETOOLONG)
        }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        return try withUnsafePointer(to: address) { pointer in
            try pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                try body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation
internal import Synchronization

/// Where finished log lines go. Lines of several threads never mix; whoever logs waits for the write, so that nothing
/// is lost when the process ends.
package final class LogStream: Sendable {
    private let writer: Mutex<@Sendable ([UInt8]) -> Void>

    /// `write` is called with one whole line, newline included, and never by two threads at a time.
    package init(write: @escaping @Sendable ([UInt8]) -> Void) { writer = Mutex(write) }

    package convenience init(descriptor: Int32) {
        self.init { line in LogStream.write(line, to: descriptor) }
    }

    package static let standardError = LogStream(descriptor: 2)
    package static let standardOutput = LogStream(descriptor: 1)

    package func write(_ line: [UInt8]) {
        writer.withLock { $0(line) }
    }

    /// A reader that has gone, or that takes nothing for a second, costs the line: a log must not stop the service.
    private static func write(_ line: [UInt8], to descriptor: Int32) {
        var rest = line[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
            if count > 0 {
                rest = rest.dropFirst(count)
            } else if errno == EAGAIN {
                var wait = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                if poll(&wait, 1, 1000) <= 0 { return }
            } else if errno != EINTR {
                return
            }
        }
    }
}

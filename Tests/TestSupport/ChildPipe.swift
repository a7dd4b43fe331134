// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import CSpawn
internal import Foundation

/// A pipe between a child process and the tests. Each side belongs to one owner and is closed by it.
///
/// Not Foundation's `Pipe`: a handle that goes away while its `readabilityHandler` is set closes a descriptor that libdispatch still
/// watches, and the next pipe to get that number may never be told of its end.
package struct ChildPipe: Sendable {
    package let readEnd: Int32
    package let writeEnd: Int32

    package init() throws {
        var ends: [Int32] = [-1, -1]
        guard pipe_cloexec(&ends) == 0 else {
            throw ChildProcess.Failure(description: String(cString: strerror(errno)))
        }
        (readEnd, writeEnd) = (ends[0], ends[1])
    }

    package func closeReadEnd() { _ = close(readEnd) }
    package func closeWriteEnd() { _ = close(writeEnd) }

    /// Writes all of it and closes the write end. A child that does not read it to its end has its own reasons.
    package func send(_ text: String) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { write(writeEnd, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break }
            rest = rest.dropFirst(count)
        }
        closeWriteEnd()
    }

    /// Everything until all write ends are closed. Blocks: for a thread made for it.
    package func readToEnd() -> [UInt8] {
        var all: [UInt8] = []
        read { all += $0 }
        return all
    }

    /// Its lines, read on a thread of its own whether somebody waits for them or not, so that the child never blocks.
    package func lines() -> AsyncStream<String> {
        let (lines, continuation) = AsyncStream<String>.makeStream()
        Thread.detachNewThread {
            var rest: [UInt8] = []
            read { bytes in
                rest += bytes
                while let end = rest.firstIndex(of: 0x0A) {
                    continuation.yield(String(decoding: rest[..<end], as: UTF8.self))
                    rest.removeSubrange(...end)
                }
            }
            if !rest.isEmpty { continuation.yield(String(decoding: rest, as: UTF8.self)) }
            continuation.finish()
        }
        return lines
    }

    private func read(_ each: (ArraySlice<UInt8>) -> Void) {
        var buffer = [UInt8](repeating: 0, count: 16 << 10)
        while true {
            let count = Foundation.read(readEnd, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break }
            each(buffer[..<count])
        }
        closeReadEnd()
    }
}

// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

package import Foundation

/// Waits for a child process by `waitpid`.
///
/// Foundation's own wait hangs here: it learns of an exit through a socket that a sibling started in the same moment may have
/// inherited and holds open, and meanwhile it blocks a thread of the cooperative pool, of which two cores have two.
package enum ChildExit {
    /// The exit code, or the number of the signal that ended it. Waits on a thread of its own.
    package static func code(of process: Process) async -> Int32 {
        await withCheckedContinuation { continuation in
            Thread.detachNewThread { continuation.resume(returning: self.blockingCode(of: process)) }
        }
    }

    /// The same on the caller's thread: for one that was killed, or on a thread made for it.
    package static func blockingCode(of process: Process) -> Int32 {
        var status: Int32 = 0
        while waitpid(process.processIdentifier, &status, 0) == -1 {
            if errno == EINTR { continue }
            // Foundation was first: it knows the code as soon as it says so.
            while process.isRunning { usleep(1000) }
            return process.terminationStatus
        }
        let signal = status & 0x7F
        return signal == 0 ? (status >> 8) & 0xFF : signal
    }
}

// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import CSpawn
internal import Foundation
internal import Synchronization

/// A child process by `posix_spawn`: it gets three descriptors, its own signals back, and nothing else of ours.
///
/// Not Foundation's `Process`: with more than some 1,300 descriptors open it copies a directory entry from beyond its buffer and
/// crashes the whole test run, and it learns of an exit through a socket that a sibling may have inherited, so its wait can hang.
package final class ChildProcess: Sendable {
    package let pid: Int32
    /// The exit code once it was reaped; from then on the pid may be somebody else's.
    private let reaped = Mutex<Int32?>(nil)

    package struct Failure: Error, CustomStringConvertible {
        package let description: String

        package init(description: String) { self.description = description }
    }

    /// Where the child's descriptors 0, 1 and 2 come from: descriptors of ours, above 2, which the caller closes afterwards.
    /// nil: the null device.
    package struct Streams: Sendable {
        package var input: Int32?
        package var output: Int32?
        package var errors: Int32?

        package init(input: Int32?, output: Int32?, errors: Int32?) {
            (self.input, self.output, self.errors) = (input, output, errors)
        }
    }

    /// - Parameter environment: the whole environment, but for `PATH`.
    package init(
        _ executable: String,
        _ arguments: [String] = [],
        environment: [String: String] = [:],
        in directory: String = "/",
        streams: Streams
    ) throws {
        let variables = ["PATH": "/usr/bin:/bin"].merging(environment) { $1 }.map { "\($0)=\($1)" }
        var actions = posix_spawn_file_actions_t()
        var attributes = posix_spawnattr_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawnattr_init(&attributes)
        defer {
            posix_spawn_file_actions_destroy(&actions)
            posix_spawnattr_destroy(&attributes)
        }
        Self.describe(streams, in: directory, to: &actions)
        Self.resetSignals(of: &attributes)
        pid = try Self.withCStrings([executable] + arguments) { arguments in
            try Self.withCStrings(variables) { variables in
                var pid: Int32 = 0
                let code = posix_spawn(&pid, executable, &actions, &attributes, arguments, variables)
                guard code == 0 else { throw Failure(description: "\(executable): \(String(cString: strerror(code)))") }
                return pid
            }
        }
    }

    package var isRunning: Bool { reaped.withLock { reap(&$0, WNOHANG) == nil } }

    /// Nothing once it has ended and was waited for.
    package func signal(_ number: Int32) {
        reaped.withLock { if $0 == nil { _ = kill(pid, number) } }
    }

    /// The exit code, or the number of the signal that ended it. Waits on a thread of its own.
    package func wait() async -> Int32 {
        await withCheckedContinuation { continuation in
            Thread.detachNewThread { continuation.resume(returning: self.waitBlocking()) }
        }
    }

    /// The same on the caller's thread: for one that was killed, or on a thread made for it.
    @discardableResult
    package func waitBlocking() -> Int32 {
        if let code = reaped.withLock({ $0 }) { return code }
        var info = siginfo_t()
        // Without reaping it, so that `signal` never meets a pid that was given away.
        while waitid(P_PID, id_t(pid), &info, WEXITED | WNOWAIT) == -1, errno == EINTR {}
        return reaped.withLock { reap(&$0, 0) ?? -1 }
    }

    private func reap(_ reaped: inout Int32?, _ options: Int32) -> Int32? {
        if let reaped { return reaped }
        var status: Int32 = 0
        guard waitpid(pid, &status, options) == pid else { return nil }
        let signal = status & 0x7F
        reaped = signal == 0 ? (status >> 8) & 0xFF : signal
        return reaped
    }

    private static func describe(
        _ streams: Streams,
        in directory: String,
        to actions: inout posix_spawn_file_actions_t
    ) {
        for (own, theirs) in zip([streams.input, streams.output, streams.errors], Int32(0)...) {
            if let own {
                posix_spawn_file_actions_adddup2(&actions, own, theirs)
            } else {
                posix_spawn_file_actions_addopen(&actions, theirs, "/dev/null", O_RDWR, 0)
            }
        }
        posix_spawn_file_actions_addclosefrom_np(&actions, 3)
        posix_spawn_file_actions_addchdir_np(&actions, directory)
    }

    private static func resetSignals(of attributes: inout posix_spawnattr_t) {
        var (all, none) = (sigset_t(), sigset_t())
        sigfillset(&all)
        sigemptyset(&none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))
    }

    private static func withCStrings<T>(
        _ strings: [String],
        _ body: ([UnsafeMutablePointer<CChar>?]) throws -> T
    ) rethrows -> T {
        let copies = strings.map { strdup($0) }
        defer { copies.forEach { free($0) } }
        return try body(copies + [nil])
    }
}

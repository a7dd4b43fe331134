// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import CMemory
internal import NIOPosix
internal import ServiceLifecycle

/// Gives the memory of connections that have gone back to the system. glibc keeps freed memory that lies between what is in use:
/// without this a process that once had ten thousand TLS sockets would hold their 240 MB until it ends.
struct MemoryReturn: Service {
    private let connections: @Sendable () -> Int
    private let interval: Duration
    private let release: @Sendable () async throws -> Void

    /// - Parameters:
    ///   - connections: how many there are now; asked every `interval`.
    ///   - release: by default `malloc_trim` on a thread of its own: it takes some milliseconds, in which other threads may wait
    ///     for memory.
    init(
        connections: @escaping @Sendable () -> Int,
        interval: Duration = .seconds(2),
        release: @escaping @Sendable () async throws -> Void = {
            _ = try await NIOThreadPool.singleton.runIfActive { malloc_trim(0) }
        }
    ) {
        self.connections = connections
        self.interval = interval
        self.release = release
    }

    func run() async throws {
        try await cancelWhenGracefulShutdown {
            var tide = Tide()
            while true {
                do { try await Task.sleep(for: interval) } catch { return }  // shut down
                if tide.observe(connections()) { try await release() }
            }
        }
    }

    /// Tells when many have gone and no more are going. Pure.
    struct Tide {
        /// Fewer leave nothing behind that would be worth the while.
        static let least = 500

        private var highest = 0
        private var last = 0

        init() {}

        /// - Returns: true when a quarter of the most there were, and at least `least`, have gone since the last time.
        mutating func observe(_ connections: Int) -> Bool {
            let isFalling = connections < last
            last = connections
            highest = max(highest, connections)
            guard !isFalling, highest - connections >= max(Self.least, highest / 4) else { return false }
            highest = connections
            return true
        }
    }
}

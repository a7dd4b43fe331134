// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Metrics
internal import NIOPosix
internal import ServiceLifecycle
internal import Synchronization

/// Hashes and checks passwords on threads of its own, with a bounded queue in front: a flood of logins waits or is
/// told so, and takes neither the event loops nor all processors.
package final class PasswordHasher: Service, Sendable {
    /// The queue is full: 503 to the client.
    struct Busy: Error {}

    /// Django's defaults for the block size and parallelism.
    private static let r = 8
    private static let p = 5

    private let parameters: EncodedPassword.Parameters
    private let pool: NIOThreadPool
    private let limit: Int
    private let jobs = Atomic<Int>(0)
    /// Stands in where there is no such user. Its hash is random: nothing matches it.
    private let nobody: EncodedPassword

    /// - Parameters:
    ///   - n: scrypt's cost, a power of two.
    ///   - threads: how many hashes at once; each takes a processor, and 128 · N · r bytes of memory.
    ///   - limit: jobs running and waiting; the next one is `Busy`.
    package init(n: Int, threads: Int = 2, limit: Int = 64) {
        self.parameters = .scrypt(n: n, r: Self.r, p: Self.p)
        self.pool = NIOThreadPool(numberOfThreads: threads)
        self.limit = limit
        self.nobody = EncodedPassword(
            parameters: self.parameters,
            salt: Self.freshSalt(),
            hash: (0..<64).map { _ in UInt8.random(in: .min ... .max) }
        )
        self.pool.start()
    }

    deinit {
        // A service that was built but never ran has threads to end too; done twice it does no harm.
        self.pool.shutdownGracefully { _ in }
    }

    /// The threads live from `init` to here.
    package func run() async throws {
        do {
            try await gracefulShutdown()
        } catch {
            // Cancelled instead: the same end.
        }
        try await self.pool.shutdownGracefully()
    }

    /// Answers the encoded hash to store.
    func hash(_ password: String) async throws -> String {
        let salt = Self.freshSalt()
        let parameters = self.parameters
        return try await self.perform {
            let hash = try EncodedPassword.derive(Self.bytes(password), parameters, salt: salt)
            return EncodedPassword(parameters: parameters, salt: salt, hash: hash).text
        }
    }

    /// - Parameters:
    ///   - encoded: what is stored; `nil` where no such user exists.
    ///   - decoy: checked instead where nothing is stored, or nothing we can read (`!…` is Django's mark for "may not log
    ///     in"): the same work, and always false. By default as costly as a new hash.
    func verify(_ password: String, against encoded: String?, decoy: StoredPassword? = nil) async throws -> Bool {
        let known = encoded.flatMap(StoredPassword.init)
        let stored = known ?? decoy ?? .derived(self.nobody)
        let matches = try await self.perform { try stored.matches(Self.bytes(password)) }
        return matches && known != nil && !password.isEmpty
    }

    /// The hash is of another kind or cost than new ones: make a new one while the password is at hand.
    func isOutdated(_ encoded: String) -> Bool {
        guard case .derived(let stored) = StoredPassword(encoded) else { return true }
        return stored.parameters != self.parameters
    }

    private func perform<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        defer { self.jobs.subtract(1, ordering: .relaxed) }
        let waiting = self.jobs.add(1, ordering: .relaxed).newValue
        guard waiting <= self.limit else {
            Self.refused.increment()
            throw Busy()
        }
        let start = ContinuousClock.now
        let value = try await self.pool.runIfActive(body)
        Self.duration.recordNanoseconds(Int64((ContinuousClock.now - start) / .nanoseconds(1)))
        return value
    }

    /// From asked to answered, so waiting counts.
    private static let duration = Metrics.Timer(label: "users_password_hash_duration_seconds")
    private static let refused = Counter(label: "users_password_queue_full_total")

    /// scrypt wants at least one byte; an empty password never verifies, but costs as much as any other.
    private static func bytes(_ password: String) -> [UInt8] {
        password.isEmpty ? [0] : [UInt8](password.utf8)
    }

    /// 22 letters and digits, 131 bits, as Django writes them.
    private static func freshSalt() -> String {
        let letters = Array("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")
        var generator = SystemRandomNumberGenerator()
        return String((0..<22).map { _ in letters[Int.random(in: letters.indices, using: &generator)] })
    }
}

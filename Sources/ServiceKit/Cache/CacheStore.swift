// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

/// Where answers that cost something are kept for a while: in memory, or in Redis. Keys are short and contain whatever makes
/// the value what it is, the version of the data included, so nothing is ever deleted: what nobody asks for runs out.
package protocol CacheStore: Sendable {
    /// `nil`: not there.
    func read(_ key: String) async throws(CacheError) -> [UInt8]?
    func write(_ key: String, _ value: [UInt8], for lifetime: Duration) async throws(CacheError)
    /// True for one caller among all processes, until the lease runs out or the value is written: he makes the value.
    func lease(_ key: String, for duration: Duration) async throws(CacheError) -> Bool
}

/// The cache cannot be asked. Nothing depends on it: the data is in the store.
package struct CacheError: Error, Sendable, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }
}

// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

/// When to load again, by looking at the files once an interval. Pure.
///
/// A change counts once nothing has changed for one interval more, so that a file half written, or a certificate whose key is
/// still to come, is not loaded. What failed is tried again every so often without a further change: the reason may lie elsewhere.
struct FileWatch {
    enum Action: Equatable {
        case none
        case load
        /// Its outcome is news only if it differs from the last.
        case retry
    }

    /// Looks between two tries of something that failed.
    static let retryEvery = 5

    private var loaded: [String: FileSignature]
    private var last: [String: FileSignature]
    private var quietLooks: Int?

    init(_ signatures: [String: FileSignature]) {
        loaded = signatures
        last = signatures
    }

    /// One look at the files.
    mutating func looked(_ now: [String: FileSignature]) -> Action {
        guard now == last else {
            last = now
            quietLooks = nil
            return .none
        }
        if now != loaded { return .load }
        guard let looks = quietLooks else { return .none }
        quietLooks = looks + 1
        return (looks + 1).isMultiple(of: Self.retryEvery) ? .retry : .none
    }

    /// After a load, for whatever reason it came. `signatures`: taken before it read anything.
    mutating func loaded(_ signatures: [String: FileSignature], failed: Bool) {
        loaded = signatures
        last = signatures
        quietLooks = failed ? (quietLooks ?? 0) : nil
    }
}

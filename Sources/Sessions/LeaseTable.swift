// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation

/// Refresh leases within one process.
actor LeaseTable {
    private var holders: [SessionKey: (nonce: String, until: Date)] = [:]

    func take(_ key: SessionKey, for duration: Duration, now: Date) -> RefreshLease? {
        if let holder = holders[key], now < holder.until { return nil }
        let lease = RefreshLease(key: key, nonce: RefreshLease.freshNonce())
        holders[key] = (lease.nonce, now.addingTimeInterval(duration.timeInterval))
        return lease
    }

    func release(_ lease: RefreshLease) {
        guard holders[lease.key]?.nonce == lease.nonce else { return }
        holders[lease.key] = nil
    }

    /// Those nobody released.
    func sweep(now: Date) {
        holders = holders.filter { now < $0.value.until }
    }
}

extension RefreshLease {
    static func freshNonce() -> String { PublicSessionID.random() }
}

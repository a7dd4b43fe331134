// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

extension TokenAuthority {
    /// Moves whenever something was revoked: a verdict from before is weighed once more, not thrown away.
    package var revocationEpoch: UInt64 { self.revocations.epoch }

    /// For verdicts of another epoch; takes a lock where anything is revoked.
    package func isRevoked(_ token: VerifiedToken) -> Bool { self.revocations.refuses(token) }

    /// From now on every token waits for the list (`revocations-unavailable`): call it before the first request where
    /// revocations are kept somewhere.
    package func expectRevocations() { self.revocations.expect() }

    package func revoke(_ entry: RevocationList.Entry, now: Int64) throws(RevocationList.Full) {
        try self.revocations.insert(entry, now: now)
    }

    /// The whole list, as its store has it now.
    package func replaceRevocations(with list: RevocationList) { self.revocations.replace(list) }

    /// Seconds a token of any issuer can still be valid, whatever it says.
    package var longestLife: Int64 { self.longestTokenLife }
}

// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Metrics

/// Counters of the verifier. Made once: a label set per closed reason, none per issuer or token.
struct TokenMetrics: Sendable {
    private let acceptedTotal = Counter(label: "gatecast_tokens_verified_total")
    private let offeredKeysTotal = Counter(label: "gatecast_tokens_with_header_key_total")
    private let fetchesTotal = Counter(label: "gatecast_key_set_fetches_total", dimensions: [("outcome", "loaded")])
    private let refusedTotal = Dictionary(
        uniqueKeysWithValues: TokenError.Reason.allCases.map {
            ($0, Counter(label: "gatecast_tokens_refused_total", dimensions: [("reason", $0.rawValue)]))
        }
    )

    func accepted(offeredKey: Bool) {
        self.acceptedTotal.increment()
        if offeredKey { self.offeredKeysTotal.increment() }
    }

    func refused(_ error: TokenError) {
        self.refusedTotal[error.reason]?.increment()
        if error.offeredKey { self.offeredKeysTotal.increment() }
    }

    func fetched(_ failure: KeySetFetchError.Code?) {
        guard let failure else { return self.fetchesTotal.increment() }
        Counter(label: "gatecast_key_set_fetches_total", dimensions: [("outcome", failure.rawValue)]).increment()
    }

    func skipped(_ reasons: [KeySet.SkipReason]) {
        for reason in reasons {
            Counter(label: "gatecast_keys_skipped_total", dimensions: [("reason", reason.rawValue)]).increment()
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

/// What to do after an export that failed (OTLP/HTTP, “Failures” and “Retryable response codes”). Pure.
struct ExportBackoff {
    enum Outcome: Equatable {
        case accepted
        /// The collector is there and says no: the same bytes will not do better.
        case refused
        /// Not reached, or busy.
        case unavailable(retryAfter: Duration?)
    }

    enum Step: Equatable { case done, drop, wait(Duration) }

    static let most = 5
    static let longest = Duration.seconds(30)

    let first: Duration
    private var failures = 0

    init(first: Duration) { self.first = first }

    static func outcome(status: Int, retryAfter: String?) -> Outcome {
        switch status {
        case 200..<300: .accepted
        case 429, 502, 503, 504:
            .unavailable(retryAfter: retryAfter.flatMap { Int($0) }.flatMap { $0 >= 0 ? .seconds($0) : nil })
        default: .refused
        }
    }

    /// - Parameter chance: from 0 to 1, so that many gateways do not come back in step.
    mutating func step(after outcome: Outcome, chance: Double) -> Step {
        switch outcome {
        case .accepted: return .done
        case .refused: return .drop
        case .unavailable(let retryAfter):
            self.failures += 1
            guard self.failures < Self.most else { return .drop }
            let doubled = self.first * (1 << (self.failures - 1))
            return .wait(min(Self.longest, max(doubled * (0.5 + chance / 2), retryAfter ?? .zero)))
        }
    }
}

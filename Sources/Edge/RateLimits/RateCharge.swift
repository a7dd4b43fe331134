// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import NIOCore

/// What is counted: the public name of a limit, its rate, and whose count it is.
struct RateCharge: Sendable {
    /// Stable over nodes and reloads; part of the key in Redis and of the `RateLimit` fields.
    enum Name: Sendable {
        case loginAccount, loginAddress, authSession
        case routeAddress(prefix: String)
        case routeSession(prefix: String)

        /// In `RateLimit` fields and as the metrics' label: a handful of values.
        var text: String {
            switch self {
            case .loginAccount: "login-account"
            case .loginAddress: "login-address"
            case .authSession: "auth-session"
            case .routeAddress: "address"
            case .routeSession: "session"
            }
        }

        /// Before the hashed key.
        var store: String {
            switch self {
            case .loginAccount, .loginAddress, .authSession: self.text
            case .routeAddress(let prefix), .routeSession(let prefix): "route:\(prefix):\(self.text)"
            }
        }
    }

    var name: Name
    var limit: RateLimit
    /// An address prefix, an account's name, a session's key: it leaves this process as a hash alone.
    var key: [UInt8]
    /// Only asks; `charge` comes later, if at all.
    var isCheck = false

    /// How long the denied one should wait, in words of the response.
    func refusal(wait: TimeAmount, inARow: Int = 1) -> Refusal {
        let seconds = Self.seconds(wait, inARow: inARow)
        var refusal = Refusal(
            .rateLimited,
            "Too many requests. Try again in \(seconds) s.",
            reason: self.name.text,
            retryAfter: seconds
        )
        refusal.rateLimit = (policy: self.policy, state: "\"\(self.name.text)\";r=0;t=\(seconds)")
        RateLimitMetrics.denied(self.name)
        return refusal
    }

    /// `RateLimit-Policy`: quota and window in seconds (draft-ietf-httpapi-ratelimit-headers).
    private var policy: String {
        let window = max(1, TimeAmount(self.limit.period).nanoseconds / 1_000_000_000)
        return "\"\(self.name.text)\";q=\(self.limit.count);w=\(window)"
    }

    /// Whole seconds, at least one. Doubles with each denial in a row, up to 60 s or the plain wait if that is longer: whoever
    /// keeps knocking is told to come back later and later.
    static func seconds(_ wait: TimeAmount, inARow: Int) -> Int {
        let plain = max(1, Int((wait.nanoseconds + 999_999_999) / 1_000_000_000))
        guard plain < 60 else { return plain }
        return min(60, plain << min(6, max(0, inARow - 1)))
    }
}

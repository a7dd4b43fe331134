// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import HTTPMessages
internal import NIOCore
internal import Sessions
internal import Tokens

/// Rates of a route: by address before anything is looked up, by caller once it is known (proxy.md §3, §12).
extension RequestExchange {
    /// What goes on once other nodes' counts are known.
    private enum Next { case enter, forward(Caller) }

    func limitAddress(on route: Route) throws(Refusal) {
        guard let charge = try route.rate?.admit(address: self.clientAddress.limitKey, now: .now()) else {
            return try self.enter(route)
        }
        try self.share(charge, on: route, then: .enter)
    }

    func limit(_ caller: Caller, on route: Route) throws(Refusal) {
        guard let limits = route.rate, let key = caller.rateKey,
            let charge = try limits.admit(session: key, now: .now())
        else { return try self.forward(caller, to: route) }
        try self.share(charge, on: route, then: .forward(caller))
    }

    /// This node admits; the others are asked where there is a Redis. Loop → async, once per request of a route with a rate.
    private func share(_ charge: RateCharge, on route: Route, then next: Next) throws(Refusal) {
        guard let shared = self.shared.services.rateLimits else { return try self.goOn(next, on: route) }
        let promise = self.worker.loop.makePromise(of: Refusal?.self)
        promise.completeWithTask {
            await shared.admit([charge]).map { $0.charge.refusal(wait: $0.wait) }
        }
        let epoch = self.epoch
        promise.futureResult.assumeIsolated().whenComplete { result in
            guard epoch == self.epoch, !self.machine.isEnded, !self.machine.isIdle else { return }
            do throws(Refusal) {
                if case .success(let refusal?) = result { throw refusal }
                try self.goOn(next, on: route)
            } catch {
                self.refuse(error)
            }
        }
    }

    private func goOn(_ next: Next, on route: Route) throws(Refusal) {
        switch next {
        case .enter: try self.enter(route)
        case .forward(let caller): try self.forward(caller, to: route)
        }
    }
}

extension Caller {
    /// Whose count it is; `nil` for nobody. Sessions and subjects cannot meet: the one has 32 bytes behind `s`.
    fileprivate var rateKey: [UInt8]? {
        switch self {
        case .anonymous: nil
        case .session(let session): [UInt8(ascii: "s")] + session.key.bytes
        case .bearer(let token, _): [UInt8(ascii: "b")] + Array(token.subject.utf8)
        }
    }
}

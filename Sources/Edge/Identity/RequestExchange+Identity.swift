// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation
internal import HTTPMessages

/// What the upstream learns of the caller on routes with `identity: assertion`, and where it finds the keys.
extension RequestExchange {
    /// From the loop's cache, or signed now.
    func assertion(of caller: Caller, on route: RouteSettings) throws(Refusal) -> String? {
        guard let assertions = self.shared.assertions else { return nil }
        let audience = route.assertionAudience
        guard let key = AssertionCache.Key(caller, audience: audience) else { return nil }
        let now = Int64(Date().timeIntervalSince1970)
        if !route.strictAssertion, let known = self.worker.assertions.lookup(key, now: now) { return known }
        do {
            let made = try assertions.issue(
                caller,
                audience: audience,
                binding: route.strictAssertion ? self.binding() : nil,
                now: now
            )
            if let made, !route.strictAssertion { self.worker.assertions.store(key, made, now: now) }
            return made
        } catch {
            throw Refusal(.internalError, "Something went wrong on our side.", reason: "cannot sign: \(error)")
        }
    }

    private func binding() -> IdentityAssertions.Binding {
        let url = "https://" + String(decoding: self.publicHost(), as: UTF8.self)
        return .init(method: self.head.method, url: url + String(decoding: self.head.path, as: UTF8.self))
    }

    /// Only the internal listener has them: browsers need no key of ours.
    func answerKeys(_ document: [UInt8]) {
        self.answer(
            Answer(
                status: 200,
                fields: [("content-type", "application/json"), ("cache-control", "public, max-age=600")],
                body: document
            )
        )
    }
}

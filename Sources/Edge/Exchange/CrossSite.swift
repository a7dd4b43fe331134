// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import HTTPMessages
internal import Sessions

/// A head as `CrossSiteGuard` reads it, and its verdict as a refusal (login.md §7).
enum CrossSite {
    static func request(
        _ head: MessageHead,
        credentials: Credentials,
        underAuth: Bool,
        role: ListenerRole
    ) -> CrossSiteGuard.Request {
        CrossSiteGuard.Request(
            method: head.method == .options ? .options : head.method.isSafe ? .read : .unsafe,
            credential: credentials.kind,
            isAuthEndpoint: underAuth,
            listener: role == .public ? .external : .internal,
            secFetchSite: .init(count: head.count(.secFetchSite), first: head.first(.secFetchSite)),
            secFetchMode: .init(count: head.count(.secFetchMode), first: head.first(.secFetchMode)),
            origin: .init(count: head.count(.origin), first: head.first(.origin))
        )
    }

    static func check(_ verdict: CrossSiteGuard.Verdict) throws(Refusal) {
        guard case .refuse(let reason) = verdict else { return }
        throw Refusal(.csrfRefused, "This request did not come from a page of this site.", reason: reason.rawValue)
    }
}

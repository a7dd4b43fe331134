// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import HTTPMessages

/// The redirect listener: browsers are sent to https, everything else is refused. No cookie is read, nothing is proxied
/// (proxy.md §1).
extension RequestExchange {
    func answerRedirect() throws(Refusal) {
        guard let host = self.head.first(.host), let origin = self.shared.origin(named: host) else {
            throw Refusal(.hostNotServed, "This server does not answer for the host that was asked.")
        }
        guard self.head.method == .get || self.head.method == .head else {
            throw Refusal(.httpsRequired, "Send this to \(origin) instead: what was sent here was readable on its way.")
        }
        let location = origin.description + String(decoding: self.head.target, as: UTF8.self)
        self.answer(Answer(status: 308, fields: [("location", location), ("cache-control", "max-age=3600")]))
    }
}

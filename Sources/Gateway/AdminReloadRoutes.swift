// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import HTTPTypes
internal import Hummingbird
internal import StrictJSON

/// `POST /reload`: reads the configuration again and answers what became of it. 200 `applied` or `unchanged`, 422 `refused`.
struct AdminReloadRoutes {
    /// nil where there is nothing to reload from.
    var reload: (@Sendable () async -> ReloadOutcome)?

    func add(to group: RouterGroup<BasicRequestContext>) {
        group.post("reload") { _, _ in
            guard let reload else {
                throw AdminProblem(.notFound, "no-configuration", "This process has no configuration to read again.")
            }
            let outcome = await reload()
            if case .refused = outcome { return AdminServer.json(outcome.json, status: .unprocessableContent) }
            return AdminServer.json(outcome.json)
        }
    }
}

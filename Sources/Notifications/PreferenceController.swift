// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

package import Hummingbird
package import ServiceKit
internal import StrictJSON

/// `/api/notifications/preferences`: what a user wants to hear of.
package struct PreferenceController: Sendable {
    private let repository: any NoticeRepository

    package init(repository: any NoticeRepository) {
        self.repository = repository
    }

    package func addRoutes(to group: RouterGroup<AuthenticatedContext>) {
        group.serve(NotificationsAPI.preferences, use: self.list)
        group.serve(NotificationsAPI.setPreference, use: self.set)
    }

    @Sendable private func list(_ request: Request, _ context: AuthenticatedContext) async throws -> Response {
        let preferences = try await self.repository.preferences(of: context.subject)
        return .json(["items": .array(preferences.map(\.json))])
    }

    @Sendable private func set(_ request: Request, _ context: AuthenticatedContext) async throws -> Response {
        guard let kind = try NoticeKind(rawValue: context.parameters.require("kind")) else {
            throw ProblemDetails.notFound
        }
        var body = try await JSONBody.read(request, limit: 1024)
        let inbox = body.bool("inbox")
        let live = body.bool("live")
        try body.finish()
        let preference = Preference(kind, inbox: inbox, live: live)
        try await self.repository.set(preference, of: context.subject)
        return .json(preference.json)
    }
}

// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import ArgumentParser
internal import StrictJSON

struct Disconnect: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "End the live connections of a user or a session, on every node.",
        discussion: """
            gatecast disconnect --user 42
            gatecast disconnect --session 3f9c… --reconnect

            It ends sockets, not the session; who is still logged in may come back. `--reconnect` tells the client to.
            """
    )

    @OptionGroup var admin: AdminEndpoint.Options

    @Option(help: "The user's id, as in user.<id>.")
    var user: String?

    @Option(help: "The session's public id, as `gatecast top` and GET /connections show it.")
    var session: String?

    @Flag(help: "Tell the client to come back at once (4201) instead of to stop (4005).")
    var reconnect = false

    func validate() throws {
        guard (user == nil) != (session == nil) else {
            throw ValidationError("Name either --user or --session.")
        }
    }

    func run() async throws {
        try await Failure.reported {
            let target =
                user.map { "\"user\":\(JSONText.quoted($0))" } ?? "\"session\":\(JSONText.quoted(session ?? ""))"
            try await AdminEndpoint.find(admin).post(
                "/disconnect",
                Array("{\(target),\"reconnect\":\(reconnect)}".utf8)
            )
        }
    }
}

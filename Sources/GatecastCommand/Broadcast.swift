// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import ArgumentParser
internal import StrictJSON

struct Broadcast: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Say something to everybody who is connected now, on every node.",
        discussion: """
            gatecast broadcast announcements '{"text":"Back in ten minutes"}'
            gatecast broadcast announcements '{"text":"…"}' --to 'org.acme.*'

            The event has no id and is not kept; it reaches clients whether they subscribed to its topic or not.
            """
    )

    @OptionGroup var admin: AdminEndpoint.Options

    @Option(help: ArgumentHelp("Only who holds a topic under this subtree, or this topic.", valueName: "filter"))
    var to: String?

    @Argument(help: "The topic that the event is shown with")
    var topic: String

    @Argument(help: "The event's data: one JSON value")
    var json: String

    func run() async throws {
        try await Failure.reported {
            do { try JSONScanner.validate(Array(json.utf8)) } catch {
                throw ValidationError(
                    "The second argument is no JSON value (\(error)). Example: '{\"text\":\"hello\"}'"
                )
            }
            var body = Array("{\"topic\":\(JSONText.quoted(topic)),\"data\":".utf8) + Array(json.utf8)
            if let to { body += Array(",\"to\":\(JSONText.quoted(to))".utf8) }
            try await AdminEndpoint.find(admin).post("/broadcast", body + [UInt8(ascii: "}")])
        }
    }
}

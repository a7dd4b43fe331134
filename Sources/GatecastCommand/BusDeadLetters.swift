// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import ArgumentParser
internal import NIOCore
internal import StrictJSON

struct BusDeadList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List dead letters, oldest first.")

    @OptionGroup var admin: AdminEndpoint.Options

    @Option(help: "At most so many, up to 1000.")
    var limit = 100

    func run() async throws {
        try await Failure.reported {
            let body = try await AdminEndpoint.find(admin).get("/bus/dead?limit=\(limit)")
            let letters = try JSONScanner.parse(Array(body.readableBytesView))["items"]?.array ?? []
            print(letters.isEmpty ? "No dead letters." : letters.map(Self.line).joined(separator: "\n"))
        }
    }

    static func line(_ letter: JSONValue) -> String {
        let event = letter["event"]
        let parts = [
            letter["id"]?.string, letter["group"]?.string, event?["type"]?.string, event?["subject"]?.string,
            letter["reason"]?.string,
        ]
        return parts.map { $0 ?? "-" }.joined(separator: "  ")
    }
}

struct BusDeadShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "show", abstract: "Print one dead letter as JSON.")

    @OptionGroup var admin: AdminEndpoint.Options

    @Argument(help: "As `list` prints it")
    var id: String

    func run() async throws {
        try await Failure.reported {
            print(String(buffer: try await AdminEndpoint.find(admin).get("/bus/dead/\(DeadLetterID.checked(id))")))
        }
    }
}

struct BusDeadReplay: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "Hand dead letters to their groups again, with all attempts before them."
    )

    @OptionGroup var admin: AdminEndpoint.Options

    @Argument(help: "As `list` prints them")
    var ids: [String]

    func run() async throws {
        try await Failure.reported {
            let endpoint = try AdminEndpoint.find(admin)
            for id in ids {
                try await endpoint.send("POST", "/bus/dead/\(DeadLetterID.checked(id))/replay")
                print("\(id) replayed")
            }
        }
    }
}

struct BusDeadDrop: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "drop", abstract: "Forget dead letters for good.")

    @OptionGroup var admin: AdminEndpoint.Options

    @Argument(help: "As `list` prints them")
    var ids: [String]

    func run() async throws {
        try await Failure.reported {
            let endpoint = try AdminEndpoint.find(admin)
            for id in ids {
                try await endpoint.send("DELETE", "/bus/dead/\(DeadLetterID.checked(id))")
                print("\(id) dropped")
            }
        }
    }
}

/// Digits, with a dash between where Redis keeps them: it becomes a part of a path.
enum DeadLetterID {
    static func checked(_ id: String) throws -> String {
        guard (1...41).contains(id.utf8.count), id.utf8.allSatisfy({ (0x30...0x39).contains($0) || $0 == 0x2D }) else {
            throw ValidationError("\(id.prefix(60)) is no dead letter's id. `gatecast bus dead list` prints them.")
        }
        return id
    }
}

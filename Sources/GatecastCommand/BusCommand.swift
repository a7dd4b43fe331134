// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import ArgumentParser

struct BusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bus",
        abstract: "Look after the bus between the services.",
        subcommands: [BusDead.self]
    )
}

struct BusDead: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dead",
        abstract: "Events that a service could not handle, and what to do with them.",
        discussion: """
            gatecast bus dead list                       id, group, type, subject and reason of each, oldest first
            gatecast bus dead show 1767000000123-0       the whole of it, as JSON
            gatecast bus dead replay 1767000000123-0     hand it to its own group again, once the cause is mended
            gatecast bus dead drop 1767000000123-0       forget it for good
            """,
        subcommands: [BusDeadList.self, BusDeadShow.self, BusDeadReplay.self, BusDeadDrop.self]
    )
}

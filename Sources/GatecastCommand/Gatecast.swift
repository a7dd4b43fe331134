// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import ArgumentParser

@main
struct Gatecast: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gatecast",
        abstract: "One HTTPS entrance: login by cookie, REST proxy, and live events that are never lost in silence.",
        discussion: """
            Start here:  gatecast up            everything in one process, no configuration needed
                         gatecast serve         the gateway alone, from gatecast.yaml
                         gatecast publish user.1 '{"hello":1}'
            Exit codes:  0 ok · 1 failed · 64 wrong use of the command line · 78 wrong configuration
            """,
        version: Version.text,
        subcommands: [
            Up.self, Serve.self, Reload.self, Check.self, DoctorCommand.self, Certs.self, TokenCommand.self,
            Publish.self, Broadcast.self, BusCommand.self, Disconnect.self, Tail.self, Top.self, HealthCheck.self,
            Version.self,
        ]
    )
}

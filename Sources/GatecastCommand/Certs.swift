// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import ArgumentParser
internal import Foundation
internal import LocalCA

struct Certs: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract:
            "Make the local certificate authority and the certificate for localhost, and let this machine trust it.",
        discussion: """
            Keeps what is still good, renews what is not; running it again changes nothing.

            gatecast certs --trust      make what is missing, and trust it: this system, Chromium, Firefox
            gatecast certs --untrust    take that back
            gatecast certs trust        only print the lines, for curl, Node, Python and macOS too
            """,
        subcommands: [Make.self, Trust.self],
        defaultSubcommand: Make.self
    )

    struct Folder: ParsableArguments {
        @Option(help: ArgumentHelp("Folder of the files.", valueName: "dir"))
        var directory: String = "certs"

        var caPath: String { "\(directory)/ca.pem" }
    }

    struct Make: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Make or renew the files (the default).")
        @OptionGroup var folder: Folder

        @Option(name: .customLong("host"), help: "A further exact name, like app.localhost. May be repeated.")
        var hosts: [String] = []

        @Flag(help: "Then trust the authority: this system (sudo may ask), Chromium and Firefox of this user.")
        var trust = false

        @Flag(help: "Trust it no longer, anywhere. The files stay.")
        var untrust = false

        @Option(help: ArgumentHelp("A folder that stands for /, for the system's store.", valueName: "dir"))
        var root = ""

        func validate() throws {
            guard !(trust && untrust) else { throw ValidationError("--trust or --untrust, not both.") }
        }

        func run() async throws {
            try await Failure.reported {
                if untrust {
                    try CertsTrust(caPath: folder.caPath, root: root).run(isTrusted: false)
                    return
                }
                let made = try CertificateAuthority.ensure(directory: folder.directory, hosts: hosts, now: Date())
                print("\(made.created ? "made" : "kept"): \(made.certificatePath), signed by \(made.caPath)")
                if made.authorityCreated { print("the authority is new: whoever trusted an older one trusts it again") }
                guard trust else {
                    print("to trust it: gatecast certs --trust; gatecast certs trust only prints the lines")
                    return
                }
                try CertsTrust(caPath: made.caPath, root: root).run(isTrusted: true)
            }
        }
    }

    struct Trust: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print the line that trusts the authority, per tool. Runs nothing."
        )
        @OptionGroup var folder: Folder

        func run() async throws {
            try await Failure.reported {
                let anchor = try TrustAnchor(caPath: folder.caPath)
                print(TrustAdvice(caPath: anchor.path, name: anchor.name).text)
            }
        }
    }
}

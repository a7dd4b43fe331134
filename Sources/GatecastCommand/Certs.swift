// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import ArgumentParser
internal import Foundation
internal import LocalCA

struct Certs: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make the local certificate authority and the certificate for localhost.",
        discussion: "Keeps what is still good, renews what is not. `gatecast certs trust` prints how to trust it.",
        subcommands: [Make.self, Trust.self],
        defaultSubcommand: Make.self
    )

    struct Folder: ParsableArguments {
        @Option(help: ArgumentHelp("Folder of the files.", valueName: "dir"))
        var directory: String = "certs"
    }

    struct Make: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Make or renew the files (the default).")
        @OptionGroup var folder: Folder

        @Option(name: .customLong("host"), help: "A further exact name, like app.localhost. May be repeated.")
        var hosts: [String] = []

        func run() async throws {
            try await Failure.reported {
                let made = try CertificateAuthority.ensure(directory: folder.directory, hosts: hosts, now: Date())
                print("\(made.created ? "made" : "kept"): \(made.certificatePath), signed by \(made.caPath)")
                print("to trust it: gatecast certs trust")
            }
        }
    }

    struct Trust: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print the line that trusts the authority, per tool. Runs nothing."
        )
        @OptionGroup var folder: Folder

        func run() async throws {
            print(TrustAdvice(caPath: "\(folder.directory)/ca.pem").text)
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import ArgumentParser

struct Version: ParsableCommand {
    static let text = "0.1.0"
    static let configuration = CommandConfiguration(abstract: "Print the version.")

    func run() { print("gatecast \(Self.text)") }
}

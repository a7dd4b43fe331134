// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import ArgumentParser
internal import Foundation
internal import Users

struct ImportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Take users over from Django, with their numbers and password hashes.",
        discussion: """
            The file is the output of: manage.py dumpdata auth.user
            Users who are here already stay as they are, so it may be run again. Hashes of scrypt, pbkdf2_sha256, argon2, \
            bcrypt and bcrypt_sha256 verify and are replaced at the next login. Groups and permissions are not taken over; \
            roles are given by: users-service account roles
            """
    )

    @OptionGroup var settings: SettingsOption
    @Option(help: "The project's user model.") var model = "auth.user"
    @Flag(help: "Report only, change nothing.") var dryRun = false
    @Argument(help: "A JSON file, or - for standard input.") var file: String

    func run() async throws {
        try await self.settings.withConsole { console in
            let input = self.file == "-" ? FileHandle.standardInput : FileHandle(forReadingAtPath: self.file)
            guard let input else { throw ValidationError("\(self.file) cannot be read") }
            let dump = [UInt8](try input.readToEnd() ?? Data())
            let report = try await console.djangoImport.run(dump, model: self.model, dryRun: self.dryRun)
            print(
                "\(self.dryRun ? "would import" : "imported") \(report.imported), here already \(report.present), "
                    + "refused \(report.faults.count)"
            )
            if report.withoutLogin > 0 {
                print("\(report.withoutLogin) have no password that verifies here: they log in after a reset by mail")
            }
            for fault in report.faults { print("refused: \(fault)") }
            if !report.faults.isEmpty { throw ExitCode(1) }
        }
    }
}

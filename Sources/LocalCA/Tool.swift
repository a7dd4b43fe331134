// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation

/// A program of the system's, run to its end. One at a time, from a command that does nothing else: Foundation's `Process` will do.
struct Tool {
    let path: String

    /// nil where it is not installed. A user's `PATH` often lacks the folders of the administrator's tools.
    init?(_ name: String, environment: [String: String] = ProcessInfo.processInfo.environment) {
        let folders = (environment["PATH"] ?? "/usr/bin:/bin").split(separator: ":").map { String($0) }
        let found = (folders + ["/usr/sbin", "/sbin"]).map { "\($0)/\(name)" }
        guard let path = found.first(where: { FileManager.default.isExecutableFile(atPath: $0) }) else { return nil }
        self.path = path
    }

    struct Result {
        var code: Int32
        var output: String
        /// The last line of what it complained about.
        var complaint: String
    }

    /// - Parameter asks: it may ask for a password at this terminal; else it gets no input.
    func run(_ arguments: [String], asks: Bool = false) throws(LocalCAError) -> Result {
        let process = Process()
        let (output, errors) = (Pipe(), Pipe())
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = arguments
        process.standardOutput = output
        process.standardError = errors
        if !asks { process.standardInput = FileHandle.nullDevice }
        do { try process.run() } catch {
            throw LocalCAError(message: "cannot run \(path): \(error.localizedDescription)", advice: "Run it by hand.")
        }
        // These tools say little: neither pipe fills while the other is read.
        let said = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        let complained = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        let last = complained.split(separator: "\n").last.map { String($0) } ?? ""
        return Result(code: process.terminationStatus, output: said, complaint: last)
    }
}

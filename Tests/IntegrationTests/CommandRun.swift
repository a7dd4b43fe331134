// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation
internal import TestSupport

/// A command run to its end, with what it printed.
struct CommandRun {
    var code: Int32
    var output: String
    var errors: String

    /// - Parameter executable: a product's name, or an absolute path.
    static func run(
        _ executable: String,
        _ arguments: [String],
        input: String = "",
        environment: [String: String] = [:],
        in directory: String
    ) async throws -> CommandRun {
        let process = Process()
        let path = executable.hasPrefix("/") ? executable : "\(ProductProcess.folder)/\(executable)"
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = arguments
        process.currentDirectoryURL = URL(fileURLWithPath: directory)
        process.environment = ["PATH": "/usr/bin:/bin"].merging(environment) { $1 }
        let (standardInput, standardOutput, standardError) = (Pipe(), Pipe(), Pipe())
        process.standardInput = standardInput
        process.standardOutput = standardOutput
        process.standardError = standardError
        try process.run()
        // Blocking reads stay off the cooperative pool.
        return try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread {
                do {
                    try standardInput.fileHandleForWriting.write(contentsOf: Data(input.utf8))
                    try standardInput.fileHandleForWriting.close()
                    let output = try standardOutput.fileHandleForReading.readToEnd() ?? Data()
                    let errors = try standardError.fileHandleForReading.readToEnd() ?? Data()
                    let code = ChildExit.blockingCode(of: process)
                    continuation.resume(
                        returning: CommandRun(
                            code: code,
                            output: String(decoding: output, as: UTF8.self),
                            errors: String(decoding: errors, as: UTF8.self)
                        )
                    )
                } catch {
                    continuation.resume(throwing: error)
                }
            }
        }
    }
}

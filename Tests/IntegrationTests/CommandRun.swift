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
        let (pipe, output, errors) = (try ChildPipe(), try ChildPipe(), try ChildPipe())
        let process = try ChildProcess(
            executable.hasPrefix("/") ? executable : "\(ProductProcess.folder)/\(executable)",
            arguments,
            environment: environment,
            in: directory,
            streams: .init(input: pipe.readEnd, output: output.writeEnd, errors: errors.writeEnd)
        )
        pipe.closeReadEnd()
        output.closeWriteEnd()
        errors.closeWriteEnd()
        // Blocking reads stay off the cooperative pool.
        let run = await withCheckedContinuation { continuation in
            Thread.detachNewThread {
                pipe.send(input)
                let (output, errors) = (output.readToEnd(), errors.readToEnd())
                continuation.resume(
                    returning: CommandRun(
                        code: process.waitBlocking(),
                        output: String(decoding: output, as: UTF8.self),
                        errors: String(decoding: errors, as: UTF8.self)
                    )
                )
            }
        }
        // `gatecast token mint` prints one: that is what it is for.
        if arguments.first != "token" { for text in [run.output, run.errors] { TokenSearch.check(log: text) } }
        return run
    }
}

// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation
internal import StrictJSON
internal import TestSupport
internal import Testing

/// Schemathesis makes requests of each service's own document, good ones and bad ones, and judges the answers by it.
@Suite("Services answer as their OpenAPI documents say", .serialized, .enabled(if: Schemathesis.isAvailable))
struct DocumentTests {
    private static let checks = [
        "not_a_server_error", "status_code_conformance", "content_type_conformance", "response_headers_conformance",
        "response_schema_conformance", "negative_data_rejection", "missing_required_header", "unsupported_method",
        "ignored_auth",
    ]

    @Test("Whatever their documents allow or forbid", .timeLimit(.minutes(8)))
    func conformance() async throws {
        // Nobody takes the mails: they wait, and their tokens stay out of the log.
        let stack = try await SeparateStack.start(mail: "smtp://127.0.0.1:9")
        let token = try await Self.token(stack)
        let notifications = try await stack.services[2].port(of: "notifications")
        for port in [stack.usersPort, stack.tasksPort, notifications] {
            let run = try await CommandRun.run(
                Schemathesis.path,
                [
                    "--config-file", "\(PageServer.root)/Tests/Interop/schemathesis.toml", "run",
                    "http://127.0.0.1:\(port)/openapi.json", "--header", "Authorization: Bearer \(token)",
                    "--checks", Self.checks.joined(separator: ","), "--phases", "examples,coverage,fuzzing",
                    "--max-examples", "20", "--max-time", "20", "--generation-deterministic", "--no-color",
                    "--warnings", "off",
                ],
                environment: ["PATH": "/usr/bin:/bin", "HOME": stack.folder.path],
                in: stack.folder.path
            )
            let report = run.output.replacing(token, with: "…")
            #expect(run.code == 0, "\(report.suffix(8000))\n\(run.errors.suffix(2000))")
            #expect(report.contains("Test cases:"), "\(report.suffix(2000))")
        }
        #expect(await stack.end().allSatisfy { $0 == 0 })
    }

    /// Of a new user, from the users service itself.
    private static func token(_ stack: SeparateStack) async throws -> String {
        let credentials = #"{"username":"ana","password":"correct horse battery"}"#
        _ = try await PlainHTTP.send("POST", port: stack.usersPort, "/users", json: credentials)
        let answer = try await PlainHTTP.send("POST", port: stack.usersPort, "/tokens", json: credentials)
        return try #require(answer.json?["access_token"]?.string, "\(answer.status)")
    }
}

/// Installed by `make test`, or not to be had here.
private enum Schemathesis {
    static let path = "\(PageServer.root)/.venv/bin/schemathesis"
    static let isAvailable = FileManager.default.isExecutableFile(atPath: path) && RedisProcess.isAvailable
}

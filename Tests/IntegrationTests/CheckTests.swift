// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Testing

/// `gatecast check` and `serve` on wrong configurations: exit code 78, and a sentence that says file, line and what to write.
@Suite("Wrong configurations")
struct CheckTests {
    /// A change to a good file, and words the error must hold.
    static let mistakes: [(name: String, from: String, to: String, expected: [String])] = [
        ("an unknown key", "data:      var", "dtaa:      var", ["gatecast.yaml:", "dtaa", "data"]),
        (
            "a route without auth", "upstream: tasks,         auth: required", "upstream: tasks",
            ["gatecast.yaml:", "auth", "required"]
        ),
        ("a bad address", "public: \"127.0.0.1:0\"", "public: \"localhost\"", ["gatecast.yaml:1", "public"]),
        ("a missing certificate", "/localhost.pem", "/nothing.pem", ["gatecast.yaml:3", "certificate"]),
        (
            "an unknown upstream", "upstream: users,         auth", "upstream: usres,         auth",
            ["gatecast.yaml:", "usres", "users"]
        ),
        (
            "a wildcard origin", "[\"https://localhost:8443\"]", "[\"https://*.example\"]",
            ["gatecast.yaml:2", "wildcard"]
        ),
        (
            "an unset variable", "${GATECAST_ADMIN_TOKEN}", "${GATECAST_NOT_SET}",
            ["gatecast.yaml:", "GATECAST_NOT_SET"]
        ),
        ("a short session key", "${GATECAST_SESSION_KEY}", "short", ["gatecast.yaml:", "openssl rand -base64 32"]),
        ("broken YAML", "routes:", "routes: [", ["gatecast.yaml:"]),
    ]

    @Test("A good file is accepted; each mistake is told with file, line and advice", .timeLimit(.minutes(5)))
    func mistakes() async throws {
        let folder = try ScratchFolder()
        #expect(try await CommandRun.run("gatecast", ["certs", "--directory", "certs"], in: folder.path).code == 0)
        let good = ConfigurationFile(certificates: "certs", redisURL: "", users: 8101, tasks: 8102, notifications: 8103)
        try folder.write("gatecast.yaml", good.text)
        let accepted = try await check(good, in: folder)
        #expect(accepted.code == 0, "\(accepted.errors)")

        for mistake in Self.mistakes {
            #expect(good.text.contains(mistake.from), "\(mistake.name)")
            try folder.write("gatecast.yaml", good.text.replacing(mistake.from, with: mistake.to, maxReplacements: 1))
            let run = try await check(good, in: folder)
            #expect(run.code == 78, "\(mistake.name): \(run.errors)")
            for word in mistake.expected { #expect(run.errors.contains(word), "\(mistake.name): \(run.errors)") }
            #expect(!run.errors.contains(ConfigurationFile.sessionKey))
        }
        let missing = try await CommandRun.run("gatecast", ["serve", "--config", "none.yaml"], in: folder.path)
        #expect(missing.code == 78)
    }

    private func check(_ configuration: ConfigurationFile, in folder: ScratchFolder) async throws -> CommandRun {
        try await CommandRun.run(
            "gatecast",
            ["check", "--config", "gatecast.yaml"],
            environment: configuration.environment,
            in: folder.path
        )
    }
}

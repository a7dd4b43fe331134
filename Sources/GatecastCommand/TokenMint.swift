// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import ArgumentParser
internal import Foundation
internal import Settings
internal import StrictJSON
internal import Tokens

struct TokenMint: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mint",
        abstract: "Print a signed access token, for development.",
        discussion: """
            gatecast token mint --key var/users-keys/KID.pem --iss https://localhost:8443 --aud gatecast --sub 42
            JWT_SECRET=… gatecast token mint --secret-env JWT_SECRET --iss … --aud … --sub 42 --claim org='"acme"'
            """
    )

    @Option(help: ArgumentHelp("A private key in PEM (Ed25519, P-256, P-384 or RSA).", valueName: "file"))
    var key: String?

    @Option(help: ArgumentHelp("The environment variable that holds a shared secret (HS256).", valueName: "name"))
    var secretEnv: String?

    @Option(help: "The issuer.") var iss: String
    @Option(help: "The audience.") var aud: String
    @Option(help: "The subject, the user's id.") var sub: String
    @Option(help: "Lifetime in seconds.") var lifetime: Int = 300

    @Option(name: .customLong("claim"), help: "A further claim as name=JSON. May be repeated.")
    var claims: [String] = []

    func validate() throws {
        guard (key == nil) != (secretEnv == nil) else {
            throw ValidationError("Give either --key FILE or --secret-env NAME.")
        }
        guard (1...86_400).contains(lifetime) else { throw ValidationError("--lifetime is 1 to 86400 seconds.") }
    }

    func run() async throws {
        try await Failure.reported {
            let token = try issuer().issue(
                subject: sub,
                claims: try furtherClaims(),
                lifetime: .seconds(lifetime),
                now: Int64(Date().timeIntervalSince1970)
            )
            print(token)
        }
    }

    private func issuer() throws -> TokenIssuer {
        if let key { return TokenIssuer(issuer: iss, audience: [aud], key: try SigningKey.load(path: key)) }
        return TokenIssuer(issuer: iss, audience: [aud], secret: try SecretVariable.read(secretEnv ?? ""))
    }

    private func furtherClaims() throws -> [String: JSONValue] {
        var found: [String: JSONValue] = [:]
        for text in claims {
            guard let equals = text.firstIndex(of: "=") else {
                throw ValidationError("--claim is name=JSON, like org='\"acme\"'.")
            }
            do {
                found[String(text[..<equals])] = try JSONScanner.parse(Array(text[text.index(after: equals)...].utf8))
            } catch {
                throw ValidationError("--claim \(text): the part after = is no JSON (\(error)).")
            }
        }
        return found
    }
}

/// A secret from a named environment variable: command lines are visible to every process of the machine.
enum SecretVariable {
    static func read(_ name: String) throws -> Secret {
        guard let text = ProcessInfo.processInfo.environment[name], !text.isEmpty else {
            throw ValidationError("the environment variable \(name) is not set.")
        }
        return Secret(text)
    }
}

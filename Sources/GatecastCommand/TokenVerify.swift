// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import ArgumentParser
internal import Foundation
internal import Settings
internal import StrictJSON
internal import Tokens

struct TokenVerify: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Judge a token read from standard input by the gateway's own rules.",
        discussion: """
            echo "$TOKEN" | gatecast token verify --jwks keys.json --iss https://localhost:8443 --aud gatecast
            echo '{"jwks":{"keys":[…]},"token":"…"}' | gatecast token verify --batch --signature-only

            Prints the claims as JSON and exits 0, or one reason on standard error and exits 1. With --batch, JSON lines in,
            one JSON line out each: {"valid":true,"claims":{…}} or {"valid":false,"reason":"…"}.
            """
    )

    @Option(help: ArgumentHelp("A JWK set, a single JWK, or a public key in PEM.", valueName: "file"))
    var jwks: String?

    @Option(help: ArgumentHelp("The environment variable that holds a shared secret (HS256).", valueName: "name"))
    var secretEnv: String?

    @Option(help: "The issuer that the token must name.") var iss: String?
    @Option(help: "The audience that the token must hold.") var aud: String?

    @Flag(help: "Leave the claims rules out: only form, key and signature. For tools; never used for requests.")
    var signatureOnly = false

    @Flag(help: "Read JSON lines {\"jwks\":…,\"token\":…} instead of one token.")
    var batch = false

    func validate() throws {
        if batch {
            guard jwks == nil, secretEnv == nil else { throw ValidationError("--batch brings its keys on each line.") }
        } else {
            guard (jwks == nil) != (secretEnv == nil) else {
                throw ValidationError("Give either --jwks FILE or --secret-env NAME.")
            }
        }
        guard signatureOnly || (iss != nil && aud != nil) else {
            throw ValidationError("Give --iss and --aud, or --signature-only.")
        }
    }

    func run() async throws {
        try await Failure.reported {
            if batch { return try runBatch() }
            let keys = try keySet()
            // One byte more than a token may have: longer input is refused by the verifier, not cut.
            let input = FileHandle.standardInput.readData(ofLength: 1 << 20)
            let token = String(decoding: input, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
            do {
                let claims = try TokenJudge(command: self).claims(of: token, keys: keys)
                print(String(decoding: claims, as: UTF8.self))
            } catch {
                Failure.say("\(error)")
                throw ExitCode.failure
            }
        }
    }

    private func runBatch() throws {
        while let line = readLine(strippingNewline: true) {
            guard !line.isEmpty else { continue }
            print(String(decoding: TokenJudge(command: self).answer(line: Array(line.utf8)), as: UTF8.self))
        }
        fflush(nil)
    }

    private func keySet() throws -> KeySet {
        if let secretEnv { return KeySet(secret: try SecretVariable.read(secretEnv)) }
        let path = jwks ?? ""
        let data: Data
        do { data = try Data(contentsOf: URL(fileURLWithPath: path)) } catch {
            throw ValidationError("cannot read \(path).")
        }
        let text = String(decoding: data, as: UTF8.self)
        if text.contains("-----BEGIN") { return try KeySet(publicKeyPEM: text) }
        return try KeySet(jwks: Array(data), allowingSecrets: true)
    }
}

// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation
package import Settings
internal import StrictJSON

extension IssuerProfile {
    private enum Preset: String, CaseIterable { case simplejwt }

    /// One entry of `issuers:`. Refuses, with a sentence that says what to write, whatever would make the rules weaker
    /// than they look.
    ///
    /// - Parameter upstreams: authorities (`host:port`) of configured upstreams, from which a JWK set may come over plain
    ///   http, as it may from this machine.
    package init(node: SettingsNode, upstreams: Set<String> = []) throws(SettingsError) {
        var map = try node.map()
        let preset = try map.take("preset")?.choice(Preset.self)
        let iss = try Self.issuer(&map, preset: preset)
        let audience = try Self.audience(&map, preset: preset)
        let source = try Self.source(&map, preset: preset, upstreams: upstreams)
        let algorithms = try Self.algorithms(&map, source: source)
        self.init(iss: iss, audience: audience, source: source, algorithms: algorithms)
        if preset == .simplejwt {
            self.types = ["jwt"]
            self.subjectClaims = ["sub", "user_id"]
            self.require = [JSONValue.Member(name: "token_type", value: "access")]
        }
        try self.readRules(&map)
        try map.finish()
    }

    /// All of `issuers:`. An issuer appears once, `absent` too.
    package static func list(
        node: SettingsNode?,
        upstreams: Set<String> = []
    ) throws(SettingsError) -> [IssuerProfile] {
        var profiles: [IssuerProfile] = []
        for entry in try node?.list() ?? [] {
            let profile = try IssuerProfile(node: entry, upstreams: upstreams)
            if profiles.contains(where: { $0.iss == profile.iss }) {
                throw entry.error(
                    "a second profile for iss \(profile.label)",
                    advice: "one profile for each issuer; several keys go into its key set"
                )
            }
            profiles.append(profile)
        }
        return profiles
    }

    private static func issuer(_ map: inout SettingsMap, preset: Preset?) throws(SettingsError) -> String? {
        guard let node = map.take("iss") else {
            if preset == .simplejwt { return nil }
            throw map.error(
                "iss is missing",
                advice: #"iss: "https://issuer.example", or iss: absent if its tokens carry none"#
            )
        }
        let text = try node.nonEmptyString(advice: #"iss: "https://issuer.example""#)
        return text == "absent" ? nil : text
    }

    private static func audience(_ map: inout SettingsMap, preset: Preset?) throws(SettingsError) -> [String] {
        guard let node = map.take("aud") else {
            if preset == .simplejwt { return [] }
            throw map.error("aud is missing", advice: "aud: gatecast, or aud: absent if its tokens carry none")
        }
        let values = try Self.texts(node)
        if values == ["absent"] { return [] }
        guard !values.isEmpty, values.count <= 16, values.allSatisfy({ !$0.isEmpty && $0 != "absent" }) else {
            throw node.error(
                "expected 1 to 16 audiences",
                advice: #"aud: gatecast, or aud: ["one", "two"], or aud: absent"#
            )
        }
        return values
    }

    private static func source(
        _ map: inout SettingsMap,
        preset: Preset?,
        upstreams: Set<String>
    ) throws(SettingsError) -> Source {
        let url = map.take("jwks")
        let file = map.take("keyFile")
        let secret = map.take("secret")
        guard [url, file, secret].count(where: { $0 != nil }) == 1 else {
            throw map.error(
                "exactly one of jwks, keyFile and secret is needed",
                advice: #"jwks: "https://issuer.example/.well-known/jwks.json", or secret: "${JWT_SECRET}" for HS256"#
            )
        }
        if let url { return .jwks(try Self.jwksURL(url, upstreams: upstreams)) }
        if let file { return .keys(try Self.keys(file)) }
        guard let secret else { throw map.error("no key source") }
        return .secret(try Self.sharedSecret(secret))
    }

    /// https, or http to this machine or to an upstream: nobody in between may choose our keys.
    private static func jwksURL(_ node: SettingsNode, upstreams: Set<String>) throws(SettingsError) -> String {
        let text = try node.string()
        let advice =
            "an https:// URL, or http:// on 127.0.0.1, [::1], localhost or the address of a configured upstream"
        guard let parts = URLComponents(string: text), let host = parts.host, !host.isEmpty,
            parts.user == nil, parts.password == nil, parts.fragment == nil
        else { throw node.error("not a URL", advice: advice) }
        switch parts.scheme {
        case "https":
            return text
        case "http":
            let authority = "\(host):\(parts.port ?? 80)"
            if Self.isLoopback(host) || upstreams.contains(authority) { return text }
            throw node.error("plain http lets anyone on the way choose the keys", advice: advice)
        default:
            throw node.error("neither https nor http", advice: advice)
        }
    }

    private static func isLoopback(_ host: String) -> Bool {
        if host == "localhost" || host == "[::1]" || host == "::1" { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false).map { UInt8($0) }
        return parts.count == 4 && parts[0] == 127 && !parts.contains(nil)
    }

    private static func keys(_ node: SettingsNode) throws(SettingsError) -> KeySet {
        let path = try node.nonEmptyString(advice: "keyFile: certs/issuer-public.pem")
        let bytes: Data
        do {
            bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        } catch {
            throw node.error("\(path) cannot be read", advice: "a JWK set or a PEM public key, readable by this user")
        }
        let keys: KeySet
        do throws(KeySet.LoadError) {
            let isJSON = bytes.first { !($0 == 0x20 || (0x09...0x0D).contains($0)) } == UInt8(ascii: "{")
            keys =
                isJSON
                ? try KeySet(jwks: [UInt8](bytes))
                : try KeySet(publicKeyPEM: String(decoding: bytes, as: UTF8.self))
        } catch {
            throw node.error("\(path): \(error)", advice: "a JWK set or a PEM public key")
        }
        guard !keys.keys.isEmpty else {
            let reasons = keys.skipped.map(\.rawValue).joined(separator: ", ")
            throw node.error("\(path) holds no usable key (\(reasons))", advice: "a JWK set or a PEM public key")
        }
        return keys
    }

    /// UTF-8, or base64 behind `base64:`.
    private static func sharedSecret(_ node: SettingsNode) throws(SettingsError) -> Secret {
        let advice = "at least 32 random bytes, from the environment: openssl rand -base64 48"
        var secret = try node.secret()
        let text = secret.text
        if text.hasPrefix("base64:") {
            guard let bytes = Data(base64Encoded: String(text.dropFirst("base64:".count))) else {
                throw node.error("what follows base64: is not base64", advice: advice)
            }
            secret = Secret(bytes: [UInt8](bytes))
        }
        guard secret.bytes.count >= 32 else {
            throw node.error("a secret of \(secret.bytes.count) bytes is too short for HS256", advice: advice)
        }
        // Django marks generated development keys so; what follows is random.
        let marked = "django-insecure-"
        let judged = text.hasPrefix(marked) ? Secret(String(text.dropFirst(marked.count))) : secret
        guard !judged.isPlaceholder, !Self.publishedSecrets.contains(text), Set(secret.bytes).count >= 8 else {
            throw node.error("this secret is a placeholder that anyone can guess", advice: advice)
        }
        return secret
    }

    /// Secrets that manuals and token debuggers print.
    private static let publishedSecrets: Set<String> = [
        "a-string-secret-at-least-256-bits-long", "your-256-bit-secret-your-256-bit-secret",
        "0123456789abcdef0123456789abcdef", "00000000000000000000000000000000",
    ]

    private static func algorithms(
        _ map: inout SettingsMap,
        source: Source
    ) throws(SettingsError) -> Set<SignatureAlgorithm>? {
        guard let node = map.take("algorithms") else { return nil }
        let known = SignatureAlgorithm.allCases.map(\.rawValue).joined(separator: ", ")
        var algorithms: Set<SignatureAlgorithm> = []
        for name in try Self.texts(node) {
            guard let algorithm = SignatureAlgorithm(rawValue: name) else {
                throw node.error("unknown algorithm \(name)", advice: "some of \(known)")
            }
            algorithms.insert(algorithm)
        }
        if case .secret = source {
            guard algorithms == [.hs256] else {
                throw node.error("a secret serves HS256 only", advice: "algorithms: [HS256], or leave the key out")
            }
        } else if algorithms.contains(.hs256) {
            throw node.error(
                "HS256 needs a secret; with public keys it would take the public key for one",
                advice: #"secret: "${JWT_SECRET}" instead of jwks or keyFile, or another algorithm"#
            )
        }
        guard !algorithms.isEmpty else { throw node.error("empty", advice: "some of \(known)") }
        return algorithms
    }

    private mutating func readRules(_ map: inout SettingsMap) throws(SettingsError) {
        if let node = map.take("typ") {
            let names = try Self.texts(node)
            self.allowsNoType = names.contains("absent")
            self.types = names.filter { $0 != "absent" }.map(CompactJWS.normalisedType)
            guard !names.isEmpty else { throw node.error("empty", advice: "typ: [at+jwt, JWT]") }
        }
        if let node = map.take("subjectClaims") {
            self.subjectClaims = try Self.texts(node)
            guard !self.subjectClaims.isEmpty else { throw node.error("empty", advice: "subjectClaims: [sub]") }
        }
        if let node = map.take("require") {
            self.require = []
            for (name, value) in try node.map().entries {
                self.require.append(JSONValue.Member(name: name, value: .string(try value.string())))
            }
        }
        if let node = map.take("leeway") { self.leeway = try node.duration(in: .zero ... .seconds(300)) }
        if let node = map.take("maxLifetime") {
            self.maxLifetime = try node.duration(in: .seconds(1) ... .seconds(366 * 86_400))
        }
    }

    /// A list, or one text alone.
    private static func texts(_ node: SettingsNode) throws(SettingsError) -> [String] {
        node.isList ? try node.strings() : [try node.nonEmptyString()]
    }
}

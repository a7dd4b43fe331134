// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation
package import Settings

extension SessionSettings {
    /// The command that makes a key, as every message about keys says.
    package static let keyAdvice = "a random one: openssl rand -base64 32"

    /// Takes the whole of `sessions:`.
    package init(node: SettingsNode) throws(SettingsError) {
        var map = try node.map()
        let login = try map.require("login", advice: "login: gatecast, simplejwt, djoser or dj-rest-auth")
        let upstream = try map.require("upstream", advice: "upstream: the name of your users service among upstreams")
        guard let key = try Self.key("key", in: &map) else {
            throw map.error("key is missing: it seals the tokens in the store", advice: Self.keyAdvice)
        }
        self.init(
            preset: LoginPreset(try login.choice(LoginPreset.Name.self)),
            upstream: try upstream.nonEmptyString(),
            key: key,
            previousKey: try Self.key("previousKey", in: &map)
        )
        if let node = map.take("absolute") { absolute = try Self.span(node) }
        if let node = map.take("idle") { idle = try Self.span(node) }
        if let node = map.take("perUser") { perUser = try node.int(in: 1...1000) }
        if let node = map.take("sameSite") { sameSite = try node.choice(SessionCookies.SameSite.self) }
        if let node = map.take("paths") { try preset.override(paths: node) }
        if let node = map.take("members") { try preset.override(members: node) }
        if let node = map.take("revokePath") { preset.paths.revoke = try LoginPreset.path(node) }
        if let node = map.take("registerPath") { preset.paths.register = try LoginPreset.path(node) }
        if let node = map.take("refreshCookie") { preset.refreshCookie = try node.nonEmptyString() }
        if let node = map.take("subjectClaims") { preset.subjectClaims = try node.strings() }
        if let node = map.take("profile") { preset.profileFields = try node.strings() }
        try map.finish()
    }

    /// `name` holds the key itself, `nameFile` the path of a file that does and that nobody else may read.
    private static func key(_ name: String, in map: inout SettingsMap) throws(SettingsError) -> Secret? {
        let inline = map.take(name)
        let file = map.take(name + "File")
        if let inline, let file, !inline.isEmpty {
            throw file.error("\(name) and \(name)File are both set", advice: "one of them")
        }
        if let file { return try decode(contents(of: file), of: file) }
        guard let inline, !inline.isEmpty else { return nil }
        return try decode(inline.secret().text, of: inline)
    }

    private static func decode(_ text: String, of node: SettingsNode) throws(SettingsError) -> Secret {
        let trimmed = text.trimmingCharacters(in: .whitespacesAndNewlines)
        guard let bytes = Data(base64Encoded: trimmed), bytes.count == TokenVault.keyLength else {
            throw node.error("not \(TokenVault.keyLength) bytes in base64", advice: keyAdvice)
        }
        return Secret(bytes: Array(bytes))
    }

    private static func contents(of node: SettingsNode) throws(SettingsError) -> String {
        let path = try node.nonEmptyString()
        do {
            let attributes = try FileManager.default.attributesOfItem(atPath: path)
            let mode = (attributes[.posixPermissions] as? NSNumber)?.intValue ?? 0
            guard mode & 0o077 == 0 else {
                throw node.error("\(path) can be read by others", advice: "chmod 600 \(path)")
            }
            return try String(contentsOfFile: path, encoding: .utf8)
        } catch let error as SettingsError {
            throw error
        } catch {
            throw node.error("\(path) cannot be read", advice: "openssl rand -base64 32 > \(path) && chmod 600 \(path)")
        }
    }

    /// A minute to a year: browsers cap cookies at 400 days.
    private static func span(_ node: SettingsNode) throws(SettingsError) -> Duration {
        let duration = try node.duration()
        guard duration >= .seconds(60), duration <= .seconds(366 * 86_400) else {
            throw node.error("out of bounds", advice: "between 1m and 8784h")
        }
        return duration
    }
}

extension LoginPreset {
    fileprivate mutating func override(paths node: SettingsNode) throws(SettingsError) {
        var map = try node.map()
        if let node = map.take("login") { paths.login = try Self.path(node) }
        if let node = map.take("refresh") { paths.refresh = try Self.path(node) }
        if let node = map.take("revoke") { paths.revoke = try Self.path(node) }
        if let node = map.take("register") { paths.register = try Self.path(node) }
        try map.finish()
    }

    fileprivate mutating func override(members node: SettingsNode) throws(SettingsError) {
        var map = try node.map()
        if let node = map.take("access") { members.access = try node.nonEmptyString() }
        if let node = map.take("refresh") { members.refresh = try node.nonEmptyString() }
        if let node = map.take("accessExpiresIn") { members.accessExpiresIn = try node.nonEmptyString() }
        if let node = map.take("refreshExpiresIn") { members.refreshExpiresIn = try node.nonEmptyString() }
        if let node = map.take("user") { members.user = try node.nonEmptyString() }
        try map.finish()
    }

    fileprivate static func path(_ node: SettingsNode) throws(SettingsError) -> String {
        let path = try node.nonEmptyString()
        let isPlain = path.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "#") }
        guard path.hasPrefix("/"), !path.hasPrefix("//"), isPlain else {
            throw node.error("not a path", advice: "a path that begins with a slash, such as /api/token/")
        }
        return path
    }
}

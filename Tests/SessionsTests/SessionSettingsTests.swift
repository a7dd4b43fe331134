// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import Foundation
import Sessions
import Settings
import Testing

@Suite("Session settings")
struct SessionSettingsTests {
    private let key = Data(repeating: 5, count: 32).base64EncodedString()

    private func settings(_ yaml: String) throws -> SessionSettings {
        try SessionSettings(node: try SettingsNode.parse(yaml, file: "gatecast.yaml", environment: ["KEY": key]))
    }

    @Test("The shortest form has the promised defaults")
    func defaults() throws {
        let settings = try settings("{ login: gatecast, upstream: users, key: \"${KEY}\" }")
        #expect(
            settings.absolute == .seconds(14 * 86_400) && settings.idle == .seconds(86_400) && settings.perUser == 20
        )
        #expect(settings.key.bytes == Array(repeating: 5, count: 32) && settings.previousKey == nil)
        #expect(settings.preset == LoginPreset(.gatecast) && settings.sameSite == .lax && settings.upstream == "users")
    }

    @Test("Presets bend")
    func overrides() throws {
        let settings = try settings(
            """
            login: dj-rest-auth
            upstream: django
            key: "${KEY}"
            refreshCookie: app-refresh
            idle: 30m
            paths: { login: /login/ }
            members: { access: token }
            revokePath: /out/
            """
        )
        #expect(settings.preset.name == .djRestAuth && settings.preset.paths.login == "/login/")
        #expect(settings.preset.members.access == "token" && settings.preset.refreshCookie == "app-refresh")
        #expect(settings.preset.paths.revoke == "/out/" && settings.idle == .seconds(1800))
    }

    @Test(
        "What is wrong is said with the line and what to write instead",
        arguments: [
            ("{ login: gatecast, upstream: users }", "openssl rand -base64 32"),
            ("{ login: gatecast, upstream: users, key: \"\" }", "openssl rand -base64 32"),
            ("{ login: gatecast, upstream: users, key: c2hvcnQ= }", "openssl rand -base64 32"),
            ("{ login: gatecast, upstream: users, key: \"${KEY}\", previousKey: nonsense }", "openssl rand -base64 32"),
            ("{ login: oauth, upstream: users, key: \"${KEY}\" }", "simplejwt"),
            ("{ upstream: users, key: \"${KEY}\" }", "login:"),
            ("{ login: gatecast, key: \"${KEY}\" }", "upstream:"),
            ("{ login: gatecast, upstream: users, key: \"${KEY}\", perUsr: 3 }", "perUser"),
            ("{ login: gatecast, upstream: users, key: \"${KEY}\", paths: { login: tokens } }", "slash"),
            ("{ login: gatecast, upstream: users, key: \"${KEY}\", idle: 1s }", "1m"),
            ("{ login: gatecast, upstream: users, keyFile: /does/not/exist }", "chmod 600"),
        ]
    )
    func mistakes(_ yaml: String, _ advice: String) {
        let error = #expect(throws: SettingsError.self) { try settings(yaml) }
        #expect(error?.description.contains(advice) == true, "\(error?.description ?? "")")
        #expect(error?.line == 1)
    }

    @Test("A key file that others can read is refused, a private one is taken")
    func keyFile() throws {
        let path = FileManager.default.temporaryDirectory.path + "/gatecast-key-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: path) }
        for (mode, isAllowed) in [(0o644, false), (0o600, true)] {
            let isMade = FileManager.default.createFile(
                atPath: path,
                contents: Data((key + "\n").utf8),
                attributes: [.posixPermissions: mode]
            )
            #expect(isMade)
            let yaml = "{ login: gatecast, upstream: users, keyFile: \(path) }"
            if isAllowed {
                #expect(try settings(yaml).key.bytes.count == 32)
            } else {
                #expect(throws: SettingsError.self) { try settings(yaml) }
            }
        }
    }
}

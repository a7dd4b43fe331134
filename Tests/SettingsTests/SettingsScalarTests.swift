// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Testing

@testable internal import Settings

@Suite("Settings values")
struct SettingsScalarTests {
    private func node(_ value: String, _ environment: [String: String] = [:]) throws -> SettingsNode {
        var map = try SettingsNode.parse("v: \(value)", file: "f", environment: environment).map()
        return try map.require("v", advice: "")
    }

    private enum Access: String, CaseIterable { case required, optional, none }

    @Test("Booleans and numbers are read from plain text only")
    func plain() throws {
        #expect(try node("true").bool())
        #expect(try !node("false").bool())
        for wrong in ["\"true\"", "yes", "True", "1", "[true]"] {
            #expect(throws: SettingsError.self) { try node(wrong).bool() }
        }
        #expect(try node("8443").int() == 8443)
        #expect(try node("-1").int() == -1)
        for wrong in ["\"8443\"", "010", "1_000", "0x10", "1.5", "1e3", "99999999999999999999", "-"] {
            #expect(throws: SettingsError.self) { try node(wrong).int() }
        }
    }

    @Test("A range is held exactly")
    func range() throws {
        #expect(try node("1").int(in: 1...100) == 1)
        #expect(try node("100").int(in: 1...100) == 100)
        for wrong in ["0", "101"] {
            #expect { try node(wrong).int(in: 1...100) } throws: { "\($0)".hasSuffix("Write: a number from 1 to 100") }
        }
    }

    @Test(
        "Durations carry their unit",
        arguments: [
            ("250ms", Duration.milliseconds(250)), ("30s", .seconds(30)), ("5m", .seconds(300)), ("1h", .seconds(3600)),
            ("14d", .seconds(1_209_600)), ("0", .zero), ("\"30s\"", .seconds(30)), ("30 s", .seconds(30)),
        ]
    )
    func durations(_ text: String, _ expected: Duration) throws {
        #expect(try node(text).duration() == expected)
    }

    @Test(
        "Anything else is no duration",
        arguments: ["30", "s", "-1s", "1.5h", "5 min", "1h30m", "999999999999999d", "366d", "true", "[1s]"]
    )
    func notDurations(_ text: String) {
        #expect(throws: SettingsError.self) { try node(text).duration() }
    }

    @Test("Sizes are powers of 1024, or plain bytes")
    func sizes() throws {
        #expect(try node("1024").bytes() == 1024)
        #expect(try node("64KiB").bytes() == 65_536)
        #expect(try node("1MiB").bytes() == 1_048_576)
        #expect(try node("\"2 GiB\"").bytes() == 2_147_483_648)
        #expect(try node("512B").bytes() == 512)
        for wrong in ["64KB", "64k", "-1", "1.5MiB", "9999999999GiB", "KiB"] {
            #expect(throws: SettingsError.self) { try node(wrong).bytes() }
        }
        #expect(throws: SettingsError.self) { try node("2MiB").bytes(in: 0...1_048_576) }
    }

    @Test("A choice lists what there is to choose from")
    func choice() throws {
        #expect(try node("optional").choice(Access.self) == .optional)
        #expect { try node("maybe").choice(Access.self) } throws: {
            "\($0)" == "f:1: v: unknown value maybe. Write: one of required, optional, none"
        }
    }

    @Test("A variable is the whole value, and counts as plain text")
    func environment() throws {
        #expect(try node("\"${PORT}\"", ["PORT": "80"]).int() == 80)
        #expect(try node("${ON}", ["ON": "true"]).bool())
        #expect(try node("\"${A:-b}\"").string() == "b")
        #expect(try node("\"${A:-b}\"", ["A": ""]).string() == "b")
        #expect(try node("\"${A:-}\"").string() == "")
        #expect(try node("\"${A}\"", ["A": ""]).isEmpty)
        #expect(try node("\"${A:-redis://x:6379/0}\"").string() == "redis://x:6379/0")
        #expect(try node("'$5 and {}'").string() == "$5 and {}")
    }

    @Test("A variable that is not set is named")
    func unset() {
        #expect { try node("\"${GATECAST_SESSION_KEY}\"") } throws: {
            "\($0)".hasPrefix("f:1: v: the environment variable GATECAST_SESSION_KEY is not set. Write: ")
        }
    }

    @Test(
        "A variable inside a text is refused",
        arguments: ["\"http://${HOST}/\"", "\"${A}${B}\"", "\"${1A}\"", "\"${}\"", "\"${A:-${B}}\""]
    )
    func partial(_ text: String) {
        #expect(throws: SettingsError.self) { try node(text, ["HOST": "h", "A": "a", "B": "b"]) }
    }

    @Test("A secret is never printed")
    func secret() throws {
        let secret = try node("hunter2").secret()
        #expect(secret.text == "hunter2")
        var dumped = ""
        dump(secret, to: &dumped)
        for text in ["\(secret)", String(reflecting: secret), dumped, "\([secret])"] {
            #expect(!text.contains("hunter2"))
        }
        #expect(secret.matches(Array("hunter2".utf8)))
        for wrong in ["", "hunter", "hunter22", "Hunter2", "hunter2hunter2"] {
            #expect(!secret.matches(Array(wrong.utf8)))
        }
        #expect(!Secret("").matches([]))
        #expect(Secret("changeme-please").isPlaceholder)
        #expect(!secret.isPlaceholder)
    }

    @Test(
        "Distances between words",
        arguments: [("", "", 0), ("a", "", 1), ("kitten", "sitting", 3), ("auth", "auht", 2)]
    )
    func distance(_ a: String, _ b: String, _ expected: Int) {
        #expect(EditDistance.levenshtein(a, b) == expected)
        #expect(EditDistance.levenshtein(b, a) == expected)
    }
}

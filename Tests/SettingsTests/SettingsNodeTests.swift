// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Settings
internal import Testing

@Suite("Settings files")
struct SettingsNodeTests {
    private func parse(_ yaml: String, _ environment: [String: String] = [:]) throws(SettingsError) -> SettingsNode {
        try SettingsNode.parse(yaml, file: "gatecast.yaml", environment: environment)
    }

    private func complaint(about yaml: String, _ read: (SettingsNode) throws -> Void = { _ in }) -> String {
        do {
            try read(try parse(yaml))
            return "nothing"
        } catch {
            return "\(error)"
        }
    }

    @Test("The file of the architecture page is read as it is meant")
    func example() throws {
        let yaml = """
            listen:    { public: "127.0.0.1:8443", admin: "127.0.0.1:9090" }
            redis:     { url: "${REDIS_URL:-}" }   # empty: embedded
            routes:
              - { prefix: /api/users/, upstream: users, auth: optional }
              - { prefix: /, upstream: web, auth: optional, session: pass }
            upstreams: { users: ["127.0.0.1:8101"], web: ["127.0.0.1:3000"] }
            """
        var root = try parse(yaml).map()
        var listen = try root.require("listen", advice: "").map()
        let open = try listen.require("public", advice: "")
        let admin = try listen.require("admin", advice: "")
        #expect(try open.listenAddress() == ListenAddress(host: "127.0.0.1", port: 8443))
        #expect(try admin.listenAddress().description == "127.0.0.1:9090")
        try listen.finish()
        var redis = try root.require("redis", advice: "").map()
        #expect(try redis.require("url", advice: "").isEmpty)
        let routes = try root.require("routes", advice: "").list()
        #expect(routes.map(\.line) == [4, 5])
        #expect(routes.map(\.path) == ["routes[0]", "routes[1]"])
        let upstreams = try root.require("upstreams", advice: "").map()
        #expect(upstreams.entries.map(\.key) == ["users", "web"])
        #expect(try upstreams.entries[0].value.strings() == ["127.0.0.1:8101"])
        try root.finish()
    }

    @Test("A missing key is told with its path and what to write")
    func missing() {
        let text = complaint(about: "a: 1\nroutes:\n  - { prefix: / }\n") { node in
            var root = try node.map()
            var route = try root.take("routes")!.list()[0].map()
            _ = try route.require("auth", advice: "auth: required, optional or none")
        }
        #expect(text == "gatecast.yaml:3: routes[0].auth: missing. Write: auth: required, optional or none")
    }

    @Test("A key without a value counts as missing")
    func emptyValue() {
        let text = complaint(about: "tls:\n  key: x\n  certificate:\n") { node in
            var root = try node.map()
            var tls = try root.take("tls")!.map()
            _ = try tls.require("certificate", advice: "certificate: PATH")
        }
        #expect(text == "gatecast.yaml:3: tls.certificate: empty. Write: certificate: PATH")
    }

    @Test("A required key that is misspelt is told with what stands there instead")
    func misspelt() {
        let require = { (node: SettingsNode) in
            var map = try node.map()
            _ = try map.require("origins", advice: "origins: [\"https://localhost:8443\"]")
        }
        #expect(
            complaint(about: "listen: a\norgins: b", require)
                == "gatecast.yaml:2: origins: missing, but there is \"orgins\". Write: origins: [\"https://localhost:8443\"]"
        )
        #expect(
            complaint(about: "listen: a", require)
                == "gatecast.yaml:1: origins: missing. Write: origins: [\"https://localhost:8443\"]"
        )
    }

    @Test("An unknown key is refused, the nearest known one named")
    func unknown() {
        let take = { (node: SettingsNode) in
            var map = try node.map()
            for key in ["listen", "origins", "upstreams"] { _ = map.take(key) }
            try map.finish()
        }
        #expect(
            complaint(about: "listen: a\norigin: b", take)
                == "gatecast.yaml:2: origin: unknown key (did you mean origins?). Write: origins: …"
        )
        #expect(
            complaint(about: "\nzzzzzzzz: b", take)
                == "gatecast.yaml:2: zzzzzzzz: unknown key. Write: one of listen, origins, upstreams"
        )
        #expect(complaint(about: "listen: a", take) == "nothing")
    }

    @Test(
        "What YAML allows and we do not is refused with its line",
        arguments: [
            ("a: 1\na: 2", "gatecast.yaml:1: written twice in one map: a. Write: each key once"),
            (
                "a: &x 1\nb: *x",
                "gatecast.yaml:1: a: anchors (&) and aliases (*) are not supported. Write: the value itself"
            ),
            (
                "a: 1\nb: !thing 2",
                "gatecast.yaml:2: b: tags such as !thing are not supported. Write: the value without it"
            ),
            ("a: [1", "gatecast.yaml:2: not YAML: "), ("a: 1\n---\nb: 2", "gatecast.yaml:2: "),
            ("a: {b: 1}\n? [x]\n: 2", "gatecast.yaml:1: a key is not plain text"),
            ("a:\n\t- b", "gatecast.yaml:2: not YAML: "),
        ]
    )
    func refused(_ yaml: String, _ expected: String) {
        let text = complaint(about: yaml)
        #expect(text.hasPrefix(expected), "\(text)")
    }

    @Test("An empty file is an empty map")
    func emptyFile() throws {
        for yaml in ["", "\n# nothing\n", "---\n"] { #expect(try parse(yaml).map().isEmpty) }
    }

    @Test("A map is not a list, and neither is text")
    func kinds() throws {
        let node = try parse("m: {a: 1}\nl: [1]\ns: text\nq: \"1\"")
        var map = try node.map()
        let (m, l, s, q) = (map.take("m")!, map.take("l")!, map.take("s")!, map.take("q")!)
        #expect(throws: SettingsError.self) { try m.list() }
        #expect(throws: SettingsError.self) { try m.string() }
        #expect(throws: SettingsError.self) { try l.map() }
        #expect(throws: SettingsError.self) { try s.map() }
        #expect(throws: SettingsError.self) { try s.list() }
        #expect(throws: SettingsError.self) { try q.int() }
        #expect(try q.string() == "1")
    }

    @Test("The text of a YAML error never quotes the file, which may hold secrets")
    func noSecrets() {
        #expect(!complaint(about: "key: \"hunter2\n").contains("hunter2"))
    }

    @Test("Content has one fingerprint, wherever it stands and however it is laid out; other content has another")
    func fingerprint() throws {
        func fingerprint(_ text: String) throws -> Int {
            try SettingsNode.parse(text, file: "a.yaml", environment: ["NAME": "v"]).fingerprint
        }
        let first = try fingerprint("a: { b: [1, x], c: \"${NAME}\" }")
        #expect(try fingerprint("# moved\n\na:\n  c: v\n  b:\n    - 1\n    - x\n") == first)
        for other in ["a: { b: [1, y], c: \"v\" }", "a: { b: [x, 1], c: \"v\" }", "a: { b: [1, x] }", "b: 1"] {
            #expect(try fingerprint(other) != first, "\(other)")
        }
    }
}

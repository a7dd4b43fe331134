// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import Edge
import Testing

@testable import Gateway

@Suite("The embedded page")
struct DemoPageTests {
    private let page = DemoPage()
    private static let scripts = [
        "/app.js", "/api.js", "/inbox.js", "/live.js", "/sessions.js", "/status.js", "/tasks.js", "/toasts.js",
    ]
    private static let styles = ["/base.css", "/page.css"]

    private func text(_ path: String) throws -> String {
        String(decoding: try #require(page.file(at: path), "\(path)").body, as: UTF8.self)
    }

    @Test("Every file that it names is there, and every file is named")
    func references() throws {
        var found = Set<String>()
        for path in ["/"] + Self.scripts + Self.styles {
            found.formUnion(PageText.references(in: try text(path)))
        }
        #expect(found == Set(["/", "/icon.svg"] + Self.scripts + Self.styles))
        #expect(page.file(at: "/favicon.ico")?.contentType == "image/svg+xml")
    }

    @Test(
        "Nothing else is served, and no path is walked",
        arguments: ["", "/index.html", "/x", "/../app.js", "/app.js/", "/APP.JS", "/console.js"]
    )
    func others(_ path: String) { #expect(page.file(at: path) == nil) }

    @Test("Each file has its type and forbids everything that it does not need")
    func fields() throws {
        try check("/", "text/html; charset=utf-8")
        for path in Self.scripts { try check(path, "text/javascript; charset=utf-8") }
        for path in Self.styles { try check(path, "text/css; charset=utf-8") }
        try check("/icon.svg", "image/svg+xml")
    }

    private func check(_ path: String, _ type: String) throws {
        let file = try #require(page.file(at: path), "\(path)")
        #expect(file.contentType == type)
        #expect(!file.body.isEmpty)
        let fields = Dictionary(uniqueKeysWithValues: file.fields.map { ($0.name, $0.value) })
        #expect(fields["x-content-type-options"] == "nosniff")
        #expect(fields["cache-control"] == "no-cache")
        #expect(fields["cross-origin-resource-policy"] == "same-origin")
        let policy = try #require(fields["content-security-policy"])
        let directives = policy.split(separator: ";").map { $0.split(separator: " ").map(String.init) }
        #expect(directives.first == ["default-src", "'none'"])
        #expect(directives.contains(["frame-ancestors", "'none'"]))
        #expect(directives.allSatisfy { $0.dropFirst().allSatisfy { ["'none'", "'self'", "'script'"].contains($0) } })
        guard path == "/" else { return }
        #expect(directives.contains(["base-uri", "'none'"]))
        #expect(directives.contains(["trusted-types", "'none'"]))
        #expect(directives.contains(["require-trusted-types-for", "'script'"]))
    }

    @Test("It has no inline script, style or handler, and nothing from elsewhere")
    func inline() throws {
        for path in ["/"] + Self.scripts + Self.styles { PageText.check(try text(path), of: path) }
    }

    @Test("A form that is sent before its script has come never puts a password into the address")
    func form() throws {
        let forms = try text("/").matches(of: /<form[^>]*>/).map { String($0.0) }
        let credentials = try #require(forms.first { $0.contains("credentials") })
        #expect(credentials.contains(#"method="post" action="/auth/login""#))
    }
}

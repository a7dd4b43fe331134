// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import Edge
import Testing

@testable import Gateway

@Suite("The embedded page")
struct DemoPageTests {
    private let page = DemoPage()

    private func text(_ path: String) throws -> String {
        String(decoding: try #require(page.file(at: path), "\(path)").body, as: UTF8.self)
    }

    @Test("Every file that it names is there")
    func references() throws {
        var found: [String] = []
        for path in ["/", "/app.js", "/live.js", "/app.css"] {
            for match in try text(path).matches(of: /(?:src|href)="([^"]+)"|from '([^']+)'|url\(([^)]+)\)/) {
                found.append(String(match.1 ?? match.2 ?? match.3 ?? ""))
            }
        }
        #expect(Set(found) == ["/", "/app.css", "/app.js", "/icon.svg", "/live.js"])
        for path in found { #expect(page.file(at: path) != nil, "\(path)") }
        #expect(page.file(at: "/favicon.ico")?.contentType == "image/svg+xml")
    }

    @Test(
        "Nothing else is served, and no path is walked",
        arguments: ["", "/index.html", "/x", "/../app.js", "/app.js/", "/APP.JS"]
    )
    func others(_ path: String) { #expect(page.file(at: path) == nil) }

    @Test(
        "Each file has its type and forbids everything that it does not need",
        arguments: [
            ("/", "text/html; charset=utf-8"), ("/app.css", "text/css; charset=utf-8"),
            ("/app.js", "text/javascript; charset=utf-8"), ("/live.js", "text/javascript; charset=utf-8"),
            ("/icon.svg", "image/svg+xml"),
        ]
    )
    func fields(_ path: String, _ type: String) throws {
        let file = try #require(page.file(at: path))
        #expect(file.contentType == type)
        #expect(!file.body.isEmpty)
        let fields = Dictionary(uniqueKeysWithValues: file.fields.map { ($0.name, $0.value) })
        #expect(fields["x-content-type-options"] == "nosniff")
        #expect(fields["cache-control"] == "no-cache")
        let policy = try #require(fields["content-security-policy"])
        let directives = policy.split(separator: ";").map { $0.split(separator: " ").map(String.init) }
        #expect(directives.first == ["default-src", "'none'"])
        #expect(directives.contains(["frame-ancestors", "'none'"]))
        #expect(directives.contains(["base-uri", "'none'"]))
        #expect(directives.allSatisfy { $0.dropFirst().allSatisfy { ["'none'", "'self'"].contains($0) } })
    }

    @Test("The page itself has no inline script, style or handler, and nothing from elsewhere")
    func inline() throws {
        let html = try text("/")
        #expect(html.matches(of: /<script(?![^>]* src=)[^>]*>/).isEmpty)
        #expect(html.matches(of: /<script[^>]*>\s*[^<\s]/).isEmpty)
        #expect(!html.contains("<style"))
        #expect(html.matches(of: /\sstyle\s*=/).isEmpty)
        #expect(html.matches(of: /\son[a-z]+\s*=/).isEmpty)
        #expect(!html.contains("javascript:"))
        for path in ["/", "/app.js", "/live.js", "/app.css"] {
            let text = try text(path)
            #expect(!text.contains("http://"), "\(path)")
            #expect(!text.contains("eval("), "\(path)")
            #expect(!text.contains("innerHTML"), "\(path)")
        }
    }
}

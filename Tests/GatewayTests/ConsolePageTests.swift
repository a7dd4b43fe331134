// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import Edge
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Testing

@testable import Gateway

@Suite("The operator's page")
struct ConsolePageTests {
    private let files = ConsolePage().files

    @Test("Every file that it names is there, and every file is named")
    func references() throws {
        var named: Set = ["/favicon.ico"]
        for file in files.values where file.contentType.contains("text/") {
            named.formUnion(PageText.references(in: String(decoding: file.body, as: UTF8.self)))
        }
        #expect(named == Set(files.keys))
    }

    @Test("It has no inline script, style or handler, and nothing from elsewhere")
    func inline() {
        for (path, file) in files { PageText.check(String(decoding: file.body, as: UTF8.self), of: path) }
    }

    @Test("It keeps nothing: no storage, no cookie, no address that could hold the token")
    func keepsNothing() {
        for (path, file) in files where path.hasSuffix(".js") {
            let text = String(decoding: file.body, as: UTF8.self)
            for word in ["localStorage", "sessionStorage", "indexedDB", "document.cookie", "history.", "location"] {
                #expect(!text.contains(word), "\(path): \(word)")
            }
        }
    }

    @Test("It is answered to a browser that was told the address, with headers that keep it to itself")
    func headers() async throws {
        try await AdminHarness().test { client in
            var headers: HTTPFields = [:]
            headers[try #require(HTTPField.Name("sec-fetch-site"))] = "none"
            headers[try #require(HTTPField.Name("sec-fetch-mode"))] = "navigate"
            let answer = try await client.executeRequest(uri: "/", method: .get, headers: headers, body: nil)
            #expect(answer.status == .ok)
            #expect(answer.headers[.contentType] == "text/html; charset=utf-8")
            let policy = try #require(answer.headers[.contentSecurityPolicy])
            for part in [
                "default-src 'none'", "script-src 'self'", "form-action 'none'", "frame-ancestors 'none'",
                "base-uri 'none'", "require-trusted-types-for 'script'", "trusted-types 'none'",
            ] {
                #expect(policy.split(separator: "; ").contains(Substring(part)), "\(part)")
            }
            #expect(answer.headers[.crossOriginResourcePolicy] == "same-origin")
            #expect(answer.headers[.xContentTypeOptions] == "nosniff")
        }
    }

    @Test("With admin.console: false there is no page, and a browser is refused")
    func off() async throws {
        var harness = try AdminHarness()
        harness.console = false
        try await harness.test { client in
            let tool = try await client.executeRequest(uri: "/", method: .get, headers: [:], body: nil)
            #expect(tool.status == .notFound)
            let headers = HTTPFields([.init(name: try #require(HTTPField.Name("sec-fetch-site")), value: "same-origin")]
            )
            let page = try await client.executeRequest(uri: "/livez", method: .get, headers: headers, body: nil)
            #expect(page.status == .forbidden)
        }
    }
}

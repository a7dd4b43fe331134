// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import NIOCore
import Testing

@testable import HTTPMessages

@Suite("Paths and names")
struct PathAndNameTests {
    @Test(
        "Paths all servers read alike pass",
        arguments: [
            "/", "/a", "/a/", "/a/b.c", "/...", "/a..b/c", "/.well-known/x", "/%41", "/a%20b", "/a:b@c", "*",
            "/%E2%82%AC",
        ]
    )
    func accepts(path: String) throws { try PathRules.check(Array(path.utf8)[...]) }

    @Test(
        "Paths some server reads differently are refused",
        arguments: [
            "/.", "/..", "/a/../b", "/a/./b", "/%2e", "/%2E%2e/a", "/.%2e/", "//", "/a//b", "/a;b", "/a%3bb", "/%00",
            "/a\\b", "/a%5Cb",
            "/a%2fb", "/%", "/%4", "/%zz", "/a%", "a", "",
        ]
    )
    func refuses(path: String) {
        #expect(throws: MessageError.self, "\(path)") { try PathRules.check(Array(path.utf8)[...]) }
    }

    @Test("A request with such a path does not come out of the parser, unless an exception says so")
    func parser() throws {
        for path in ["/a/../b", "/%2e%2e/b", "//b", "/a%2fb", "/a;b"] {
            #expect(code(request("GET \(path) HTTP/1.1")) == .pathRefused, "\(path)")
            #expect(code(request("GET http://a.example\(path) HTTP/1.1")) == .pathRefused, "\(path)")
        }
        var parser = HTTP1HeadParser(.request, pathExceptions: [.encodedSlash])
        var head = MessageHead()
        var buffer = ByteBuffer(bytes: request("GET /a%2fb HTTP/1.1"))
        #expect(try parser.parse(&buffer, into: &head))
    }

    @Test("A route's exceptions open one rule, not the others")
    func exceptions() throws {
        func check(_ path: String, _ exceptions: PathRules.Exceptions) throws(MessageError) {
            try PathRules.check(Array(path.utf8)[...], allowing: exceptions)
        }
        try check("/a%2Fb", .encodedSlash)
        try check("/a;b=c/d", .parameters)
        #expect(throws: MessageError.self) { try check("/a;b", .encodedSlash) }
        #expect(throws: MessageError.self) { try check("/a%2Fb", .parameters) }
        #expect(throws: MessageError.self) { try check("/a%2F..%2Fb", .encodedSlash) }
        #expect(throws: MessageError.self) { try check("/..;x/b", .parameters) }
    }

    @Test("The matching form decodes unreserved bytes only")
    func matchingForm() {
        #expect(string(PathRules.matchingForm(of: Array("/%61%2fb%7e%20".utf8)[...])) == "/a%2Fb~%20")
        #expect(string(PathRules.matchingForm(of: Array("/plain".utf8)[...])) == "/plain")
    }

    static let reserved = [
        "forwarded", "x-forwarded-for", "x-forwarded-anything", "x-real-ip", "x-client-ip", "true-client-ip",
        "cf-connecting-ip",
        "x-original-url", "x-rewrite-url", "x-http-method-override", "proxy", "gatecast-user", "x-auth-user",
        "x-user-id",
        "x-authenticated-user", "remote-user", "x-remote-user", "x-envoy-original-path", "live-cursor",
        "x-middleware-subrequest",
        "x-invoke-path", "x-vercel-id", "x-nextjs-data", "x-nextjs-request-id", "x-nextjs-html-request-id",
        "x-now-route-matches",
        "x-matched-path", "x-next-resume-state-length", "next-resume",
    ]

    @Test("Every reserved name is found in every spelling", arguments: reserved)
    func reservedNames(name: String) {
        var normalised: [UInt8] = []
        for spelling in [name, name.uppercased(), name.replacing("-", with: "_"), name.replacing("-", with: ".")] {
            FieldName.normalised(Array(spelling.utf8)[...], into: &normalised)
            #expect(FieldName.isReserved(normalised), "\(spelling)")
        }
    }

    @Test(
        "Names that only look alike are open",
        arguments: [
            "accept", "next-action", "rsc", "next-router-state-tree", "next-url", "x-request-id", "x-custom", "proxied",
            "remote-users", "x-username",
            "traceparent", "content-type", "cookie", "x-nextjs-database",
        ]
    )
    func openNames(name: String) { #expect(!FieldName.isReserved(Array(name.utf8)), "\(name)") }

    @Test("Every known field is found by its name and no other name is")
    func identifiers() {
        for id in FieldID.allCases where id != .other { #expect(FieldID.of(id.name.octets) == id) }
        for name in ["", "hos", "hosts", "x", "Host", String(repeating: "a", count: 100)] {
            #expect(FieldID.of(name.utf8) == .other)
        }
    }

    @Test("A written head reads back as it was, and a value cannot end its line")
    func writer() throws {
        var buffer = ByteBuffer()
        HeadWriter.requestLine(.post, "/a".utf8, into: &buffer)
        #expect(HeadWriter.field("host", "a", into: &buffer))
        #expect(!HeadWriter.field("x", "a\r\nEvil: 1", into: &buffer))
        HeadWriter.contentLength(3, into: &buffer)
        HeadWriter.end(into: &buffer)
        #expect(String(buffer: buffer) == "POST /a HTTP/1.1\r\nhost: a\r\ncontent-length: 3\r\n\r\n")
        buffer.clear()
        HeadWriter.statusLine(404, into: &buffer)
        HeadWriter.writeChunkHeader(255, into: &buffer)
        HeadWriter.lastChunk(into: &buffer)
        #expect(String(buffer: buffer) == "HTTP/1.1 404 Not Found\r\nff\r\n0\r\n\r\n")
    }
}

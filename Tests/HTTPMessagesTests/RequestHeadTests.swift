// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import NIOCore
import Testing

@testable import HTTPMessages

@Suite("Request heads")
struct RequestHeadTests {
    @Test("A plain request is read into lower-case names, values, path and query")
    func plain() throws {
        let head = try #require(
            try parse(request("GET /a/b?c=d?e HTTP/1.1", "X-One:  two \t", "COOKIE: a=b"), as: .request)
        )
        #expect(head.method == .get)
        #expect(string(head.path) == "/a/b")
        #expect(head.query.map(string) == "c=d?e")
        #expect(head.string(.host) == "a.example")
        #expect(head.string(.cookie) == "a=b")
        #expect(head.first(named: "x-one".utf8).map(string) == "two")
        #expect(head.keepsAlive)
    }

    static let accepted: [[UInt8]] = [
        request(), request("OPTIONS * HTTP/1.1"), request("GET http://A.example/x?y HTTP/1.1"),
        request("GET https://a.example HTTP/1.1"), request("GET http://a.example?q HTTP/1.1"),
        request("OPTIONS http://a.example HTTP/1.1"), request("GET / HTTP/1.0"), request("DELETE /x HTTP/1.1"),
        [13, 10] + request(), request("GET / HTTP/1.1", "Empty:"),
        request("GET / HTTP/1.1", "Connection: close, X-Mine"),
        request("POST / HTTP/1.1", "Content-Length: 0"), request("POST / HTTP/1.1", "Transfer-Encoding: Chunked"),
        request("POST / HTTP/1.1", "Expect: 100-Continue"), request("POST / HTTP/1.0", "Expect: magic"),
        request("GET / HTTP/1.1", "Connection: keep-alive, TE, Upgrade, http2-settings"),
        Array("GET / HTTP/1.1\r\nhost: [::1]:8443\r\n\r\n".utf8),
        Array("GET / HTTP/1.1\r\nhost: 127.0.0.1:1\r\n\r\n".utf8),
    ]

    @Test("What is well-formed is accepted, the same whole and byte by byte", arguments: accepted)
    func accepts(bytes: [UInt8]) {
        guard case .accepted = outcome(bytes) else { return #expect(outcome(bytes) == .incomplete, "\(string(bytes))") }
        #expect(outcome(bytes, pieceSize: 1) == outcome(bytes))
        #expect(outcome(bytes, pieceSize: 3) == outcome(bytes))
        #expect(outcome(bytes.dropLast()) == .incomplete)
    }

    static let refused: [(String, MessageError.Code)] = [
        ("GET / HTTP/1.1\nHost: a\r\n\r\n", .badMessage), ("GET / HTTP/1.1\r\nHost: a\n\r\n", .badMessage),
        ("GET / HTTP/1.1\r\nHost: a\r\n\n", .badMessage), ("GET /\ra HTTP/1.1\r\nHost: a\r\n\r\n", .badMessage),
        ("GET / HTTP/1.1\r\nHost: a\r\nX: b\rc\r\n\r\n", .badMessage),
        ("GET / HTTP/1.1\r\nHost: a\r\nX: \0\r\n\r\n", .badMessage),
        ("GET / HTTP/1.1\r\nHost: a\r\nX: \u{1}\r\n\r\n", .badMessage),
        ("GET / HTTP/1.1\r\nHost: a\r\nX: \u{7F}\r\n\r\n", .badMessage),
        ("GET / HTTP/1.1\r\nHost: a\r\nX: ü\r\n\r\n", .badMessage),
        ("GET / HTTP/1.1\r\nHost: a\r\n folded\r\n\r\n", .badMessage),
        ("GET / HTTP/1.1\r\n Host: a\r\n\r\n", .badMessage), ("GET / HTTP/1.1\r\nHost : a\r\n\r\n", .badMessage),
        ("GET / HTTP/1.1\r\nHost: a\r\n: b\r\n\r\n", .badMessage),
        ("GET / HTTP/1.1\r\nHost: a\r\nX(: b\r\n\r\n", .badMessage),
        ("GET / HTTP/1.1\r\nHost: a\r\nnocolon\r\n\r\n", .badMessage),
        ("\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", .badMessage),
        ("GET /\r\n\r\n", .badMessage), ("GET  / HTTP/1.1\r\nHost: a\r\n\r\n", .badMessage),
        ("GET / HTTP/1.1 \r\nHost: a\r\n\r\n", .badMessage), ("GET / HTTP/1.2\r\nHost: a\r\n\r\n", .badMessage),
        ("GET / HTTP/2.0\r\nHost: a\r\n\r\n", .badMessage), ("GET / http/1.1\r\nHost: a\r\n\r\n", .badMessage),
        ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", .badMessage), ("\u{16}\u{3}\u{1}", .badMessage),
        ("BREW / HTTP/1.1\r\nHost: a\r\n\r\n", .notImplemented), ("get / HTTP/1.1\r\nHost: a\r\n\r\n", .notImplemented),
        ("CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n", .methodNotAllowed),
        ("TRACE / HTTP/1.1\r\nHost: a\r\n\r\n", .methodNotAllowed),
        ("GET * HTTP/1.1\r\nHost: a\r\n\r\n", .badMessage), ("GET a HTTP/1.1\r\nHost: a\r\n\r\n", .badMessage),
        ("GET /#f HTTP/1.1\r\nHost: a\r\n\r\n", .badMessage), ("GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n", .badMessage),
        ("GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n", .hostInvalid),
        ("GET http://u@a/ HTTP/1.1\r\nHost: a\r\n\r\n", .hostInvalid),
        ("GET http://a:80/ HTTP/1.1\r\nHost: a\r\n\r\n", .hostInvalid),
        ("GET / HTTP/1.1\r\n\r\n", .hostInvalid), ("GET / HTTP/1.0\r\n\r\n", .hostInvalid),
        ("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", .hostInvalid),
    ]

    @Test("What RFC 9112 and proxy.md §4 forbid is refused, the same whole and byte by byte", arguments: refused)
    func refuses(text: String, expected: MessageError.Code) {
        let bytes = Array(text.utf8)
        #expect(code(bytes) == expected, "\(text)")
        #expect(outcome(bytes, pieceSize: 1) == outcome(bytes))
    }

    @Test(
        "A host that is no host is refused",
        arguments: [
            "", "a b", "u@a", "a/b", "a,b", "a:", "a:0", "a:65536", "a:x", "a:80:80", ":80", "[::1", "[::1]x", "[::1]:",
            "[:::1]", "[1::2::3]",
            "[12345::]", "[1:2:3:4:5:6:7]", "[fe80::1%25eth0]", "[::256.0.0.1]", "a%2e", "::1", "a~", "a?b", "a#b",
        ]
    )
    func hosts(host: String) {
        #expect(code(Array("GET / HTTP/1.1\r\nHost: \(host)\r\n\r\n".utf8)) == .hostInvalid, "\(host)")
    }

    @Test(
        "An IPv6 literal is read as RFC 4291 writes it",
        arguments: [
            "[::]", "[::1]", "[1:2:3:4:5:6:7:8]", "[1::8]:443", "[1:2:3:4:5:6:7::]", "[::ffff:192.0.2.1]",
            "[2001:DB8::1]:65535",
        ]
    )
    func literals(host: String) {
        #expect(code(Array("GET / HTTP/1.1\r\nHost: \(host)\r\n\r\n".utf8)) == nil, "\(host)")
    }

    @Test(
        "Framing that two servers could read differently is refused",
        arguments: [
            (["Content-Length: 1", "Content-Length: 1"], MessageError.Code.badMessage),
            (["Content-Length: 1, 1"], .badMessage),
            (["Content-Length: +1"], .badMessage), (["Content-Length: -1"], .badMessage),
            (["Content-Length: 0x1"], .badMessage),
            (["Content-Length:"], .badMessage), (["Content-Length: 9999999999999999999"], .badMessage),
            (["Content-Length: 1", "Transfer-Encoding: chunked"], .badMessage),
            (["Transfer-Encoding:", "Content-Length: 1"], .badMessage),
            (["Transfer-Encoding: ,chunked"], .badMessage), (["Transfer-Encoding: chunked,"], .badMessage),
            (["Transfer-Encoding: chunked, chunked"], .badMessage),
            (["Transfer-Encoding: chunked", "Transfer-Encoding: chunked"], .badMessage),
            (["Transfer-Encoding: chunked, gzip"], .badMessage),
            (["Transfer-Encoding: gzip, chunked"], .notImplemented),
            (["Transfer-Encoding: identity"], .notImplemented), (["Expect: magic"], .expectationFailed),
            (["Expect: 100-continue", "Expect: 100-continue"], .expectationFailed),
        ]
    )
    func framing(fields: [String], expected: MessageError.Code) {
        let text = "POST / HTTP/1.1\r\nHost: a\r\n" + fields.map { $0 + "\r\n" }.joined() + "\r\n"
        #expect(code(Array(text.utf8)) == expected, "\(fields)")
    }

    @Test("Chunked has no meaning in HTTP/1.0")
    func chunkedInOldVersion() {
        #expect(code(request("POST / HTTP/1.0", "Transfer-Encoding: chunked")) == .badMessage)
    }

    @Test(
        "Connection may not name what is not the connection's",
        arguments: [
            "host", "Cookie", "authorization", "content-length", "X-Forwarded-For", "x_forwarded_for",
            "x.forwarded.for", "X-Real-IP",
            "gatecast-user", "forwarded", "x-middleware-subrequest", "origin", "set_cookie",
        ]
    )
    func connectionNames(name: String) {
        let bytes = request("GET / HTTP/1.1", "Connection: close, \(name)")
        guard case .refused(let error) = outcome(bytes) else { return #expect(Bool(false), "\(name) passed") }
        #expect(error.code == .headerRefused)
        #expect(error.field == name.lowercased())
    }

    @Test("Connection options are listed and found whatever their case")
    func connectionOptions() throws {
        let head = try #require(
            try parse(request("GET / HTTP/1.1", "Connection: Close , , X-Mine", "x-mine: 1"), as: .request)
        )
        var names: [String] = []
        head.forEachConnectionOption { names.append(string($0)) }
        #expect(names == ["Close", "X-Mine"])
        #expect(!head.keepsAlive)
        #expect(head.fields.filter { head.connectionNames($0) }.map { string(head.name($0)) } == ["x-mine"])
    }

    @Test(
        "Absolute-form is reduced to origin-form",
        arguments: [
            ("GET http://a.example/x?y HTTP/1.1", "/x?y"), ("GET HTTP://A.EXAMPLE HTTP/1.1", "/"),
            ("GET http://a.example?q HTTP/1.1", "/?q"), ("OPTIONS http://a.example HTTP/1.1", "*"),
        ]
    )
    func absoluteForm(line: String, target: String) throws {
        let head = try #require(try parse(request(line), as: .request))
        #expect(string(head.target) == target)
    }

    @Test("HTTP/2 heads meet the same rules and their own")
    func http2() throws {
        func check(_ fields: [(String, String)], target: String = "/") throws(MessageError) {
            var head = MessageHead()
            head.setRequest(method: .get, target: target.utf8, version: .http2)
            head.append(name: "host".utf8, value: "a".utf8)
            for (name, value) in fields { head.append(name: name.utf8, value: value.utf8) }
            try RequestRules.check(&head)
        }
        try check([("te", "trailers"), ("x", "a b")])
        let wrong: [(String, String)] = [
            ("X", "a"), ("x", "a\r\nb"), ("x", " a"), ("connection", "close"), ("transfer-encoding", "chunked"),
            ("te", "gzip"),
            ("upgrade", "x"), ("", "a"), ("x y", "a"), ("x", "\u{7F}"), ("keep-alive", "a"), ("proxy-connection", "a"),
        ]
        for field in wrong { #expect(throws: MessageError.self, "\(field)") { try check([field]) } }
        #expect(throws: MessageError.self) { try check([], target: "http://a/") }
        #expect(throws: MessageError.self) { try check([], target: "/ x") }
    }

    @Test("A reused parser and head read one request after the other")
    func pipelined() throws {
        var parser = HTTP1HeadParser(.request)
        var head = MessageHead()
        var buffer = ByteBuffer(bytes: request("GET /1 HTTP/1.1", "a: b") + request("GET /2 HTTP/1.1"))
        #expect(try parser.parse(&buffer, into: &head))
        #expect(string(head.target) == "/1")
        #expect(try parser.parse(&buffer, into: &head))
        #expect(string(head.target) == "/2")
        #expect(head.fields.count == 1)
        #expect(parser.isBetweenMessages)
        #expect(try !parser.parse(&buffer, into: &head))
    }
}

// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import HTTPMessages
import NIOCore
import Testing

@testable import Edge

@Suite("HeaderPolicy")
struct HeaderPolicyTests {
    private static let sid = String(repeating: "A", count: 43)

    private func head(_ lines: String, method: String = "GET") throws -> MessageHead {
        var head = MessageHead()
        var parser = HTTP1HeadParser(.request)
        var buffer = ByteBuffer(string: "\(method) /x?y=1 HTTP/1.1\r\nHost: localhost:8443\r\n\(lines)\r\n")
        #expect(try parser.parse(&buffer, into: &head))
        return head
    }

    private func upstream(
        _ lines: String,
        route: RouteSettings = .init(prefix: "/", upstream: "u", authentication: .optional),
        bearer: String? = nil,
        method: String = "GET",
        framing: BodyFraming = .none
    ) throws -> String {
        let head = try self.head(lines, method: method)
        var scratch: [UInt8] = []
        var buffer = ByteBuffer()
        _ = HeaderPolicy.writeRequest(
            head,
            framing: framing,
            route: route,
            statement: .init(
                host: head.first(.host) ?? [],
                client: ClientAddress(try SocketAddress(ipAddress: "192.0.2.7", port: 1)),
                port: 8_443,
                bearer: bearer,
                cursor: Array("5-1".utf8),
                requestID: RequestID(high: 1, low: 2),
                trace: .init(id: RequestID(high: 1, low: 2), span: 3, isSampled: true, passesState: false)
            ),
            scratch: &scratch,
            into: &buffer
        )
        return String(buffer: buffer)
    }

    @Test("A plain request gets exactly our fields")
    func plain() throws {
        let text = try self.upstream("Accept: */*\r\nConnection: keep-alive\r\n", bearer: "tok")
        #expect(
            text == """
                GET /x?y=1 HTTP/1.1\r
                host: localhost:8443\r
                accept: */*\r
                x-forwarded-for: 192.0.2.7\r
                x-forwarded-host: localhost:8443\r
                x-forwarded-proto: https\r
                x-forwarded-port: 8443\r
                forwarded: for=192.0.2.7;host="localhost:8443";proto=https\r
                x-request-id: 00000000000000010000000000000002\r
                traceparent: 00-00000000000000010000000000000002-0000000000000003-01\r
                authorization: Bearer tok\r
                live-cursor: 5-1\r
                \r

                """
        )
    }

    @Test(
        "No spelling of a reserved name passes",
        arguments: [
            "X-Forwarded-For", "x_forwarded_for", "X.Forwarded.For", "Forwarded", "X-Real-IP", "x-real_ip",
            "Gatecast-Identity",
            "gatecast_identity", "X-Auth-User", "X_User.Id", "Remote-User", "remote_user", "X-Middleware-Subrequest",
            "x_middleware_subrequest", "X-Original-URL", "X-HTTP-Method-Override", "Live-Cursor", "live_cursor",
            "Proxy",
            "X-Request-Id", "Traceparent", "X-Envoy-Original-Path", "next-resume", "Some_Header", "some.header",
        ]
    )
    func reserved(name: String) throws {
        #expect(try !self.upstream("\(name): evil-value\r\n").contains("evil-value"))
        #expect(try !self.upstream("\(name): evil-value\r\n\(name): evil-value\r\n").contains("evil-value"))
    }

    @Test("Names Next needs pass", arguments: ["Next-Action", "RSC", "Next-Router-State-Tree", "Next-Url"])
    func nextNames(name: String) throws {
        #expect(try self.upstream("\(name): v\r\n").contains("\(name.lowercased()): v\r\n"))
    }

    @Test("Hop-by-hop fields and what Connection names stay here")
    func hopByHop() throws {
        let text = try self.upstream(
            "Connection: X-Own, keep-alive\r\nX-Own: evil\r\nKeep-Alive: evil\r\nTE: trailers\r\n"
        )
        #expect(!text.contains("evil"))
        #expect(!text.contains("te:"))
    }

    @Test("The client's Authorization never passes where somebody is looked up, and always where nobody is")
    func authorization() throws {
        #expect(try !self.upstream("Authorization: Bearer evil\r\n").contains("evil"))
        #expect(try !self.upstream("Authorization: Basic evil\r\n").contains("evil"))
        let open = RouteSettings(prefix: "/", upstream: "u", authentication: .none)
        #expect(
            try self.upstream("Authorization: Basic fine\r\n", route: open).contains("authorization: Basic fine\r\n")
        )
    }

    @Test("Our cookies are cut out, others pass, several lines become one")
    func cookies() throws {
        let lines = "Cookie: a=1; __Host-Http-sid=\(Self.sid); b=2\r\nCookie: __Host-session-until=9; c=3\r\n"
        #expect(try self.upstream(lines).contains("\r\ncookie: a=1; b=2; c=3\r\n"))
        #expect(try !self.upstream("Cookie: __Host-Http-sid=\(Self.sid)\r\n").contains("cookie"))
        let page = RouteSettings(prefix: "/", upstream: "u", authentication: .optional, session: .pass)
        #expect(try self.upstream(lines, route: page).contains("__Host-Http-sid=\(Self.sid)"))
    }

    @Test("Framing is ours")
    func framing() throws {
        let length = try self.upstream("Content-Length: 5\r\n", method: "POST", framing: .length(5))
        #expect(length.contains("content-length: 5\r\n"))
        let chunked = try self.upstream("Transfer-Encoding: chunked\r\n", method: "POST", framing: .chunked)
        #expect(chunked.contains("transfer-encoding: chunked\r\n"))
        #expect(try self.upstream("", method: "POST").contains("content-length: 0\r\n"))
    }

    @Test("IPv6 peers are quoted in Forwarded")
    func forwardedIPv6() throws {
        let client = ClientAddress(try SocketAddress(ipAddress: "2001:db8::1", port: 1))
        #expect(String(decoding: client.forwarded, as: UTF8.self) == "\"[2001:db8::1]\"")
        #expect(client.limitKey.count == 8)
    }

    private func response(_ lines: String, _ statement: HeaderPolicy.ResponseStatement) throws -> [String] {
        var head = MessageHead()
        var parser = HTTP1HeadParser(.response)
        var buffer = ByteBuffer(string: "HTTP/1.1 200 OK\r\n\(lines)\r\n")
        #expect(try parser.parse(&buffer, into: &head))
        var fields: [String] = []
        HeaderPolicy.forEachResponseField(head, statement: statement) {
            fields.append(String(decoding: $0, as: UTF8.self) + ": " + String(decoding: $1, as: UTF8.self))
        }
        return fields
    }

    @Test("Responses lose what is not for clients and gain what is")
    func response() throws {
        var statement = HeaderPolicy.ResponseStatement()
        statement.isPersonal = true
        statement.strictTransport = true
        statement.date = Array("D".utf8)
        statement.cursor = Array("7-0".utf8)
        let fields = try self.response(
            """
            Server: nginx\r\nX-Powered-By: PHP\r\nConnection: X-Hop\r\nX-Hop: 1\r\nLive-Cursor: 1-1\r\nETag: "e"\r
            Set-Cookie: a=1\r\nSet-Cookie: __host-http-SID=evil\r\nSet-Cookie:  __Host-session-until = evil\r
            Set-Cookie: b=2\r\nAccess-Control-Allow-Origin: *\r\nContent-Type: text/html\r\n
            """,
            statement
        )
        #expect(
            fields == [
                "etag: \"e\"", "set-cookie: a=1", "set-cookie: b=2", "content-type: text/html", "date: D",
                "cache-control: private", "referrer-policy: strict-origin-when-cross-origin",
                "strict-transport-security: max-age=31536000", "live-cursor: 7-0",
            ]
        )
    }

    @Test("An upstream's own Cache-Control and Date stay")
    func kept() throws {
        var statement = HeaderPolicy.ResponseStatement()
        statement.isPersonal = true
        statement.passesCORS = true
        let fields = try self.response(
            "Cache-Control: no-store\r\nDate: X\r\nAccess-Control-Allow-Origin: *\r\n",
            statement
        )
        #expect(fields == ["cache-control: no-store", "date: X", "access-control-allow-origin: *"])
    }
}

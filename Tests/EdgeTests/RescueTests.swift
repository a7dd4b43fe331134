// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import HTTPMessages
import NIOCore
import Sessions
import StrictJSON
import Testing
import Tokens
import Upstreams

@testable import Edge

@Suite("Rescue")
struct RescueTests {
    private func head(_ lines: String = "", target: String = "/tasks?x=1&y") throws -> MessageHead {
        var head = MessageHead()
        var parser = HTTP1HeadParser(.request)
        var buffer = ByteBuffer(string: "GET \(target) HTTP/1.1\r\nHost: localhost\r\n\(lines)\r\n")
        #expect(try parser.parse(&buffer, into: &head))
        return head
    }

    private let context = Rescue.Context(requestID: RequestID(high: 0, low: 1), loginPage: "/login")

    @Test("Every code has a status and a problem document of the same words", arguments: Refusal.Code.allCases)
    func document(code: Refusal.Code) throws {
        let answer = Rescue.answer(Refusal(code, "Say \"why\"."), to: try self.head(), context: self.context)
        #expect(answer.status == code.status)
        let json = try JSONScanner.parse(answer.body)
        #expect(json["code"]?.string == code.rawValue)
        #expect(json["status"]?.integer == Int64(code.status))
        #expect(json["detail"]?.string == "Say \"why\".")
        #expect(json["title"]?.string?.isEmpty == false)
        #expect(json["instance"]?.string == "urn:request:00000000000000000000000000000001")
        #expect(answer.fields.contains { $0 == ("content-type", "application/problem+json") })
        #expect(answer.fields.contains { $0.name == "www-authenticate" } == (code.status == 401))
    }

    @Test("Navigations without a session go to the login page, fetches never do")
    func navigation() throws {
        let refusal = Refusal(.loginRequired, "x")
        let navigation = Rescue.answer(
            refusal,
            to: try self.head("Sec-Fetch-Mode: navigate\r\n"),
            context: self.context
        )
        #expect(navigation.status == 303)
        #expect(navigation.fields.first { $0.name == "location" }?.value == "/login?next=/tasks%3Fx%3D1%26y")
        let old = Rescue.answer(refusal, to: try self.head("Accept: text/html,*/*\r\n"), context: self.context)
        #expect(old.status == 303)
        let fetch = Rescue.answer(
            refusal,
            to: try self.head("Sec-Fetch-Mode: cors\r\nAccept: text/html\r\n"),
            context: self.context
        )
        #expect(fetch.status == 401)
        var unset = self.context
        unset.loginPage = nil
        let plain = Rescue.answer(refusal, to: try self.head("Sec-Fetch-Mode: navigate\r\n"), context: unset)
        #expect(plain.status == 401)
    }

    @Test("Upstream errors never show their detail", arguments: UpstreamError.Code.allCases)
    func upstream(code: UpstreamError.Code) throws {
        let refusal = Rescue.refusal(for: UpstreamError(code, "10.1.2.3:80 said no"))
        let answer = Rescue.answer(refusal, to: try self.head(), context: self.context)
        #expect([502, 503, 504].contains(answer.status))
        #expect(!String(decoding: answer.body, as: UTF8.self).contains("10.1.2.3"))
        #expect(answer.fields.contains { $0.name == "retry-after" } == (answer.status == 503))
    }

    @Test("Doubt about keys and revocations is 503, every other token error 401")
    func tokens() {
        for reason in TokenError.Reason.allCases {
            let refusal = Rescue.refusal(for: TokenError(reason))
            #expect(refusal.status == (reason == .keysUnavailable || reason == .revocationsUnavailable ? 503 : 401))
        }
    }

    @Test("Cookies are cleared only when the session is certainly gone")
    func cookies() throws {
        let gone = Rescue.answer(
            Rescue.loginRefusal(wasDead: true, because: .expired),
            to: try self.head(),
            context: self.context
        )
        #expect(gone.fields.filter { $0.name == "set-cookie" }.count == 2)
        let none = Rescue.answer(
            Rescue.loginRefusal(wasDead: false, because: nil),
            to: try self.head(),
            context: self.context
        )
        #expect(!none.fields.contains { $0.name == "set-cookie" })
    }
}

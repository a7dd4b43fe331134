// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import Foundation
import Settings
import Testing

@testable import Users

@Suite("Mails and the way they leave")
struct MailTests {
    @Test("A message has the fields that mail servers want, CRLF, and a text that survives")
    func message() {
        let date = Date(timeIntervalSince1970: 1_767_000_123)
        let mail = Mail(to: "ada@example.org", subject: "Hello", text: "One\n\n.two")
        let text = mail.message(from: "no-reply@gate.example", id: "id1", date: date)
        #expect(
            text == """
                From: <no-reply@gate.example>\r
                To: <ada@example.org>\r
                Subject: Hello\r
                Date: Mon, 29 Dec 2025 09:22:03 +0000\r
                Message-ID: <id1@gate.example>\r
                MIME-Version: 1.0\r
                Content-Type: text/plain; charset=utf-8\r
                Content-Transfer-Encoding: 7bit\r
                Auto-Submitted: auto-generated\r
                \r
                One\r
                \r
                .two\r\n
                """
        )
        let foreign = Mail(to: "a@b", subject: "Grüße", text: "Grüße\n").message(from: "c@d", id: "i", date: date)
        #expect(foreign.contains("Subject: =?utf-8?B?R3LDvMOfZQ==?="))
        #expect(foreign.contains("base64\r\n"))
        #expect(foreign.hasSuffix("\r\n\r\nR3LDvMOfZQo=\r\n"))
        let long = Mail(to: "a@b", subject: String(repeating: "ü", count: 200), text: "x")
        let lines = long.message(from: "c@d", id: "i", date: date).components(separatedBy: "\r\n")
        #expect(lines.allSatisfy { $0.utf8.count <= 100 })
    }

    @Test(
        "What passes for an address",
        arguments: [
            ("a@b", true), ("a.b+c@example.org", true), ("o'hara@x-y.example", true), ("a@b@c", false), ("@b", false),
            ("a@", false), ("a b@c", false), ("a@b c", false), ("a@.b", false), ("a@b..c", false), ("a@b\r\nc", false),
            ("<a@b>", false), ("ä@b", false), (String(repeating: "l", count: 64) + "@b", true),
            (String(repeating: "l", count: 65) + "@b", false), ("a@" + String(repeating: "d", count: 63), true),
            ("a@" + String(repeating: "d", count: 64), false),
        ]
    )
    func address(_ text: String, _ isPlausible: Bool) {
        #expect(MailAddress.isPlausible(text) == isPlausible)
    }

    // MARK: SMTP

    private func exchange(_ url: String, message: String = "Subject: x\r\n\r\n.dot\r\n") throws -> SMTPExchange {
        SMTPExchange(settings: try SMTPSettings(url: url), from: "f@x", to: "t@y", message: message)
    }

    @Test("The whole exchange with STARTTLS and a password, a reply of many lines included")
    func whole() throws {
        var smtp = try self.exchange("smtp://us%40er:p%C3%A4ss@mail.example")
        #expect(smtp.received("220-hello") == .none)
        #expect(smtp.received("220 there") == .send("EHLO gatecast"))
        #expect(smtp.received("250-mail.example") == .none)
        #expect(smtp.received("250 STARTTLS") == .send("STARTTLS"))
        #expect(smtp.received("220 go") == .startTLS)
        #expect(smtp.secured() == .send("EHLO gatecast"))
        #expect(smtp.received("250-mail.example") == .none)
        let login = Data("\0us@er\0päss".utf8).base64EncodedString()
        #expect(smtp.received("250 AUTH LOGIN PLAIN") == .send("AUTH PLAIN \(login)"))
        #expect(smtp.received("235 ok") == .send("MAIL FROM:<f@x>"))
        #expect(smtp.received("250 ok") == .send("RCPT TO:<t@y>"))
        #expect(smtp.received("251 forwarded") == .send("DATA"))
        #expect(smtp.received("354 go") == .send("Subject: x\r\n\r\n..dot\r\n."))
        #expect(smtp.received("250 queued") == .finish)
    }

    @Test("A server without STARTTLS, or without AUTH, gets no mail and no password")
    func insecure() throws {
        var plain = try self.exchange("smtp://u:p@mail.example")
        _ = plain.received("220 hello")
        guard case .fail(let error) = plain.received("250 PIPELINING") else {
            Issue.record("went on")
            return
        }
        #expect(error.code == .insecure)
        var mute = try self.exchange("smtps://u:p@mail.example")
        _ = mute.received("220 hello")
        guard case .fail(let other) = mute.received("250 SIZE") else {
            Issue.record("went on")
            return
        }
        #expect(other.code == .insecure)
    }

    @Test("4xx is tried again, 5xx is not; what the server says to a password is not repeated")
    func refusals() throws {
        var later = try self.exchange("smtp://localhost")
        _ = later.received("220 hello")
        _ = later.received("250 hello")
        #expect(later.received("451 busy") == .fail(MailError(.postponed, "sender: 451 busy")))
        var never = try self.exchange("smtp://localhost")
        _ = never.received("220 hello")
        _ = never.received("250 hello")
        _ = never.received("250 ok")
        #expect(never.received("550 no such user") == .fail(MailError(.refused, "recipient: 550 no such user")))
        var login = try self.exchange("smtps://u:secret@mail.example")
        _ = login.received("220 hello")
        _ = login.received("250 AUTH PLAIN")
        #expect(login.received("535 secret is wrong") == .fail(MailError(.refused, "authentication: 535")))
    }

    @Test("What is not SMTP ends the exchange", arguments: ["", "ab", "hello there", "999 x", "199 x", "HTTP/1.1 400"])
    func garbage(_ line: String) throws {
        var smtp = try self.exchange("smtp://localhost")
        guard case .fail = smtp.received(line) else {
            Issue.record("went on")
            return
        }
    }

    @Test("A reply of 64 lines is read, of more it is not")
    func longReply() throws {
        var smtp = try self.exchange("smtp://localhost")
        for _ in 0..<63 { #expect(smtp.received("220-line") == .none) }
        #expect(smtp.received("220 end") == .send("EHLO gatecast"))
        for _ in 0..<64 { #expect(smtp.received("250-line") == .none) }
        guard case .fail = smtp.received("250 end") else {
            Issue.record("went on")
            return
        }
    }

    // MARK: Settings

    @Test("MAIL: off, the log on this machine only, or a server; a wrong one is not repeated")
    func settings() throws {
        func read(_ extra: [String: String], issuer: String = "https://shop.example") throws -> MailSettings {
            try MailSettings(extra: extra, issuer: issuer)
        }
        guard case .off = try read([:]).transport,
            case .log = try read([:], issuer: "https://localhost:8443").transport,
            case .smtp(let smtp) = try read(["MAIL": "smtp://u:p@mail.example"]).transport
        else {
            Issue.record("another transport")
            return
        }
        #expect(smtp.port == 587 && smtp.security == .startTLS && smtp.user == "u")
        #expect(try SMTPSettings(url: "smtps://mail.example").port == 465)
        #expect(try SMTPSettings(url: "smtp://localhost").security == .none)
        #expect(throws: SettingsError.self) { try read(["MAIL": "log"]) }
        for wrong in [
            "smtp://u:hunter2@", "smtp://hunter2@mail.example", "http://u:hunter2@x", "smtp://u:hunter2@x/?a=1",
        ] {
            let error = #expect(throws: SettingsError.self) { try read(["MAIL": wrong]) }
            #expect(error.map { !"\($0)".contains("hunter2") } == true)
        }
        #expect(throws: SettingsError.self) { try read(["MAIL_FROM": "nobody"]) }
        #expect(throws: SettingsError.self) { try read(["SITE_NAME": ""]) }
        for page in ["https://x/reset", "http://shop.example/{token}", "https://x/{token}/{token}", "ftp://x/{token}"] {
            #expect(throws: SettingsError.self) { try read(["PASSWORD_RESET_PAGE": page]) }
        }
        #expect(
            try read(["EMAIL_VERIFICATION_PAGE": "https://shop.example/v?t={token}"]).verificationPage
                == "https://shop.example/v?t={token}"
        )
    }
}

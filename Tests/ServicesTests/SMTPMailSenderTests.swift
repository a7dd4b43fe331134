// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import Foundation
import NIOCore
import NIOPosix
import NIOSSL
import Settings
import Synchronization
import TestSupport
import Testing

@testable import Users

@Suite("Sending mail to a server", .timeLimit(.minutes(5)))
struct SMTPMailSenderTests {
    private let mail = Mail(to: "ada@example.org", subject: "Hello", text: "A line\n.and a dot")

    private func settings(_ server: FakeSMTPServer, _ security: SMTPSettings.Security) -> SMTPSettings {
        SMTPSettings(host: "localhost", port: server.port, security: security, user: "u", password: Secret("p"))
    }

    private func roots() throws -> NIOSSLTrustRoots {
        .certificates(try NIOSSLCertificate.fromPEMBytes(Array(TestCertificates.shared.caPEM.utf8)))
    }

    @Test("With STARTTLS, and with TLS from the first byte", arguments: [SMTPSettings.Security.startTLS, .implicit])
    func delivered(_ security: SMTPSettings.Security) async throws {
        let server = try await FakeSMTPServer.start(implicitTLS: security == .implicit)
        let sender = try SMTPMailSender(settings: self.settings(server, security), from: "f@x", roots: self.roots())
        try await sender.send(self.mail)
        let lines = server.lines
        #expect(lines.contains("RCPT TO:<ada@example.org>"))
        #expect(lines.contains("..and a dot"))
        #expect(lines.first { $0.hasPrefix("AUTH") } == "AUTH PLAIN AHUAcA==")
        if security == .startTLS {
            let secured = try #require(lines.firstIndex(of: "STARTTLS"))
            #expect(lines[..<secured].allSatisfy { $0 == "EHLO gatecast" })
        }
        await server.stop()
    }

    @Test("A certificate nobody vouches for gets nothing")
    func untrusted() async throws {
        let server = try await FakeSMTPServer.start()
        let sender = try SMTPMailSender(settings: self.settings(server, .startTLS), from: "f@x")
        let error = await #expect(throws: MailError.self) { try await sender.send(self.mail) }
        #expect(error?.code == .insecure)
        #expect(!server.lines.contains { $0.hasPrefix("AUTH") || $0.hasPrefix("MAIL") })
        await server.stop()
    }

    @Test("Plain text smuggled in behind STARTTLS ends it")
    func smuggled() async throws {
        let server = try await FakeSMTPServer.start(answers: ["STARTTLS": "220 go\r\n250 AUTH PLAIN"])
        let sender = try SMTPMailSender(settings: self.settings(server, .startTLS), from: "f@x", roots: self.roots())
        let error = await #expect(throws: MailError.self) { try await sender.send(self.mail) }
        #expect(error?.code == .insecure)
        await server.stop()
    }

    @Test("A refusal, silence, a closed port and endless lines each end in time, and say which")
    func failures() async throws {
        func send(_ server: FakeSMTPServer, _ timeout: Duration = .seconds(60)) async throws -> MailError? {
            let sender = try SMTPMailSender(
                settings: SMTPSettings(host: "127.0.0.1", port: server.port, security: .none),
                from: "f@x",
                timeout: timeout
            )
            let error = await #expect(throws: MailError.self) { try await sender.send(self.mail) }
            return error
        }
        let refusing = try await FakeSMTPServer.start(answers: ["RCPT": "550 unknown"])
        #expect(try await send(refusing)?.code == .refused)
        await refusing.stop()
        let silent = try await FakeSMTPServer.start(answers: ["DATA": ""])
        #expect(try await send(silent, .seconds(1))?.code == .unreachable)
        await silent.stop()
        let endless = try await FakeSMTPServer.start(answers: ["EHLO": String(repeating: "2", count: 5000)])
        #expect(try await send(endless)?.code == .unreachable)
        await endless.stop()
        #expect(try await send(endless)?.code == .unreachable)
    }
}

/// Answers as a mail server would; keeps the lines it was told.
final class FakeSMTPServer: Sendable {
    private let channel: any Channel
    private let heard: Heard
    var port: Int { self.channel.localAddress?.port ?? 0 }
    var lines: [String] { self.heard.lines }

    /// - Parameter answers: by the command's first word, in place of the usual one; empty for none.
    static func start(implicitTLS: Bool = false, answers: [String: String] = [:]) async throws -> FakeSMTPServer {
        let heard = Heard()
        let certificate = TestCertificates.shared
        let context = try NIOSSLContext(
            configuration: .makeServerConfiguration(
                certificateChain: try NIOSSLCertificate.fromPEMBytes(Array(certificate.certificatePEM.utf8))
                    .map { .certificate($0) },
                privateKey: .privateKey(try NIOSSLPrivateKey(bytes: Array(certificate.keyPEM.utf8), format: .pem))
            )
        )
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let handlers = channel.pipeline.syncOperations
                    if implicitTLS { try handlers.addHandler(NIOSSLServerHandler(context: context)) }
                    try handlers.addHandler(SMTPServerHandler(heard: heard, tls: context, answers: answers))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        return FakeSMTPServer(channel, heard)
    }

    private init(_ channel: any Channel, _ heard: Heard) {
        self.channel = channel
        self.heard = heard
    }

    func stop() async { try? await self.channel.close() }  // closed already is as good

    final class Heard: Sendable {
        private let state = Mutex<[String]>([])
        var lines: [String] { self.state.withLock { $0 } }
        func append(_ line: String) { self.state.withLock { $0.append(line) } }
    }
}

private final class SMTPServerHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let heard: FakeSMTPServer.Heard
    private let tls: NIOSSLContext
    private let answers: [String: String]
    private var text = ""
    private var isInData = false

    init(heard: FakeSMTPServer.Heard, tls: NIOSSLContext, answers: [String: String]) {
        self.heard = heard
        self.tls = tls
        self.answers = answers
    }

    func channelActive(context: ChannelHandlerContext) { self.say("220 hello", context) }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = self.unwrapInboundIn(data)
        self.text += String(buffer: bytes)
        while let end = self.text.range(of: "\r\n") {
            let line = String(self.text[..<end.lowerBound])
            self.text = String(self.text[end.upperBound...])
            self.heard.append(line)
            self.answer(line, context)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    private func answer(_ line: String, _ context: ChannelHandlerContext) {
        if self.isInData {
            guard line == "." else { return }
            self.isInData = false
            return self.say("250 queued", context)
        }
        let word = String(line.prefix { $0 != " " })
        if let answer = self.answers[word] {
            if !answer.isEmpty { self.say(answer, context) }
            return
        }
        switch word {
        case "EHLO": self.say("250-mail.example\r\n250-STARTTLS\r\n250 AUTH PLAIN LOGIN", context)
        case "STARTTLS":
            self.say("220 go", context)
            try? context.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: self.tls), position: .first)
        case "AUTH": self.say("235 ok", context)
        case "DATA":
            self.isInData = true
            self.say("354 go", context)
        case "QUIT": self.say("221 bye", context)
        default: self.say("250 ok", context)
        }
    }

    private func say(_ line: String, _ context: ChannelHandlerContext) {
        context.writeAndFlush(self.wrapOutboundOut(ByteBuffer(string: line + "\r\n")), promise: nil)
    }
}

// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation
internal import Settings

/// One mail over one SMTP connection (RFC 5321), decided line by line. Pure: no channel, no clock.
///
///     greeting ─► EHLO ─► [STARTTLS ─► TLS ─► EHLO] ─► [AUTH PLAIN] ─► MAIL FROM ─► RCPT TO ─► DATA ─► text ─► QUIT
struct SMTPExchange {
    enum Action: Equatable {
        /// The reply goes on in the next line.
        case none
        case send(String)
        /// Put TLS in front of everything that follows, then call `secured()`.
        case startTLS
        /// The server took it. Say QUIT and close, without waiting.
        case finish
        case fail(MailError)
    }

    private enum Stage: Equatable {
        case greeting, hello, startTLS, helloAgain, authentication, sender, recipient, data, text, done
    }

    /// Lines of one reply: more is no SMTP server.
    private static let maximumLines = 64

    private let settings: SMTPSettings
    private let from: String
    private let to: String
    private let message: String
    private var stage = Stage.greeting
    private var reply: [String] = []

    init(settings: SMTPSettings, from: String, to: String, message: String) {
        self.settings = settings
        self.from = from
        self.to = to
        self.message = message
    }

    /// - Parameter line: without its line break.
    mutating func received(_ line: String) -> Action {
        guard line.utf8.count >= 3, let code = Int(line.prefix(3)), (200...599).contains(code),
            self.reply.count < Self.maximumLines
        else { return self.fail(.unreachable, "not an SMTP reply") }
        self.reply.append(String(line.dropFirst(4)))
        if line.utf8.dropFirst(3).first == UInt8(ascii: "-") { return .none }
        defer { self.reply = [] }
        return self.judge(code)
    }

    mutating func secured() -> Action {
        self.stage = .helloAgain
        return .send("EHLO gatecast")
    }

    private mutating func judge(_ code: Int) -> Action {
        let expected = [Stage.data: 354, .startTLS: 220, .greeting: 220, .authentication: 235][self.stage] ?? 250
        guard code == expected || (self.stage == .recipient && code == 251) else {
            return self.refusal(code)
        }
        switch self.stage {
        case .greeting: return self.next(.hello, "EHLO gatecast")
        case .hello where self.settings.security == .startTLS:
            guard self.offers("STARTTLS") else { return self.fail(.insecure, "the server offers no STARTTLS") }
            return self.next(.startTLS, "STARTTLS")
        case .startTLS: return .startTLS
        case .hello, .helloAgain: return self.authenticate()
        case .authentication: return self.next(.sender, "MAIL FROM:<\(self.from)>")
        case .sender: return self.next(.recipient, "RCPT TO:<\(self.to)>")
        case .recipient: return self.next(.data, "DATA")
        case .data: return self.next(.text, Self.stuffed(self.message) + ".")
        case .text, .done:
            self.stage = .done
            return .finish
        }
    }

    private mutating func authenticate() -> Action {
        guard let user = self.settings.user, let password = self.settings.password else {
            return self.next(.sender, "MAIL FROM:<\(self.from)>")
        }
        guard self.reply.contains(where: { $0.uppercased().hasPrefix("AUTH") && $0.uppercased().contains("PLAIN") })
        else { return self.fail(.insecure, "the server offers no AUTH PLAIN") }
        let credentials = Data([0] + Array(user.utf8) + [0] + password.bytes).base64EncodedString()
        return self.next(.authentication, "AUTH PLAIN \(credentials)")
    }

    private func offers(_ keyword: String) -> Bool {
        self.reply.contains { $0.uppercased() == keyword }
    }

    private mutating func next(_ stage: Stage, _ line: String) -> Action {
        self.stage = stage
        return .send(line)
    }

    private mutating func refusal(_ code: Int) -> Action {
        // What the server says to AUTH could repeat what it was told.
        let text = self.stage == .authentication ? "" : " \(self.reply.joined(separator: " ").prefix(200))"
        return self.fail(code >= 500 ? .refused : .postponed, "\(self.stage): \(code)\(text)")
    }

    private mutating func fail(_ code: MailError.Code, _ detail: String) -> Action {
        self.stage = .done
        return .fail(MailError(code, detail))
    }

    /// RFC 5321 §4.5.2: a line that begins with a dot gets another one.
    private static func stuffed(_ message: String) -> String {
        let text = message.replacing("\r\n.", with: "\r\n..")
        return text.hasPrefix(".") ? "." + text : text
    }
}

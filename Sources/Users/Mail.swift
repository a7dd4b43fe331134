// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation

/// One message, as a person reads it.
struct Mail: Sendable, Equatable {
    let to: String
    let subject: String
    let text: String

    /// RFC 5322 with CRLF; base64 where the text is not ASCII (RFC 2045).
    ///
    /// - Parameter id: unique, without the domain.
    func message(from: String, id: String, date: Date) -> String {
        let domain = from.split(separator: "@").last ?? "localhost"
        let isASCII = self.text.utf8.allSatisfy { $0 < 0x80 }
        let lines = isASCII ? self.text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init) : []
        let body = isASCII ? lines.joined(separator: "\r\n") : Self.wrapped(Data(self.text.utf8).base64EncodedString())
        let head = [
            "From: <\(from)>", "To: <\(self.to)>", "Subject: \(Self.encodedWord(self.subject))",
            "Date: \(Self.date(date))", "Message-ID: <\(id)@\(domain)>", "MIME-Version: 1.0",
            "Content-Type: text/plain; charset=utf-8",
            "Content-Transfer-Encoding: \(isASCII ? "7bit" : "base64")", "Auto-Submitted: auto-generated",
        ]
        return head.joined(separator: "\r\n") + "\r\n\r\n" + body + "\r\n"
    }

    /// RFC 2047, in words of at most 75 characters.
    private static func encodedWord(_ text: String) -> String {
        if text.utf8.allSatisfy({ (0x20..<0x7F).contains($0) }) { return text }
        var words: [String] = []
        var part = ""
        for character in text.unicodeScalars.map(String.init) {
            if part.utf8.count + character.utf8.count > 42 {
                words.append(part)
                part = ""
            }
            part += character
        }
        return (words + [part]).map { "=?utf-8?B?\(Data($0.utf8).base64EncodedString())?=" }
            .joined(separator: "\r\n ")
    }

    private static func wrapped(_ text: String) -> String {
        var lines: [Substring] = []
        var rest = text[...]
        while !rest.isEmpty {
            lines.append(rest.prefix(76))
            rest = rest.dropFirst(76)
        }
        return lines.joined(separator: "\r\n")
    }

    private static func date(_ date: Date) -> String {
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.timeZone = TimeZone(secondsFromGMT: 0)
        formatter.dateFormat = "EEE, dd MMM yyyy HH:mm:ss '+0000'"
        return formatter.string(from: date)
    }
}

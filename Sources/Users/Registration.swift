// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import ServiceKit
internal import StrictJSON

/// What `POST /users` may say: who, with which password, and a short list of display fields. Anything else is refused, so
/// that nobody registers himself as an administrator.
struct Registration: Sendable {
    let username: String
    let password: String
    let profile: JSONValue
    let email: String?

    /// - Throws: `ProblemDetails` with every fault.
    init(_ body: consuming JSONBody) throws(ProblemDetails) {
        var body = body
        let username = body.rawString("username", bytes: 1...150)
        if !username.isEmpty, !Self.isUsername(username) {
            body.fault("username", "may hold letters, digits and _ . @ + - only")
        }
        let email = Self.email(&body)
        let password = body.rawString("password", bytes: PasswordRule.bytes)
        if let fault = PasswordRule.fault(password, username: username, email: email) { body.fault("password", fault) }
        var profile: [JSONValue.Member] = []
        if let name = body.optionalString("display_name", 1...100) {
            profile.append(.init(name: "display_name", value: .string(name)))
        }
        try body.finish()
        self.username = username
        self.password = password
        self.profile = .object(profile)
        self.email = email
    }

    static func email(_ body: inout JSONBody) -> String? {
        guard let email = body.optionalString("email", 3...254) else { return nil }
        if !MailAddress.isPlausible(email) { body.fault("email", "is not an e-mail address") }
        return email
    }

    /// Django's rule, for ASCII.
    static func isUsername(_ text: String) -> Bool {
        (1...150).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"):
                    true
                default: "_.@+-".utf8.contains(byte)
                }
            }
    }
}

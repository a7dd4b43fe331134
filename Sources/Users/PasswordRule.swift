// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

/// What a new password must be: long enough, not the user's own name, and not what everybody tries first (NIST SP 800-63B
/// §5.1.1.2; no rules about kinds of characters).
enum PasswordRule {
    static let bytes = 8...1024
    /// Code points, at least.
    static let characters = 8

    /// `nil`: it will do. Its length is judged by whoever reads it.
    static func fault(_ password: String, username: String, email: String?) -> String? {
        guard !password.isEmpty else { return nil }
        if password.utf8.count >= Self.bytes.lowerBound, password.unicodeScalars.count < Self.characters {
            return "must have at least \(Self.characters) characters"
        }
        let text = password.lowercased()
        if text == username.lowercased() { return "must not be the username" }
        if let email = email?.lowercased(), text == email || text == email.prefix(while: { $0 != "@" }) {
            return "must not be the e-mail address"
        }
        if Self.common.contains(text) || Set(text).count == 1 { return "is too common" }
        return nil
    }

    /// The first ones of every list of stolen passwords that are long enough to get here.
    private static let common: Set<String> = [
        "11223344", "12341234", "123123123", "12344321", "12345678", "123456789", "1234567890", "1q2w3e4r",
        "1q2w3e4r5t",
        "1qaz2wsx", "1qazxsw2", "66666666", "87654321", "987654321", "a1b2c3d4", "aa123456", "abc12345", "abcd1234",
        "abcdefgh", "administrator", "adminadmin", "admin123", "asdfasdf", "asdfghjk", "asdfghjkl", "baseball",
        "basketball", "changeme", "chocolate", "computer", "football", "iloveyou", "iloveyou1", "internet", "letmein1",
        "liverpool", "michelle", "p@ssw0rd", "p@ssword", "passw0rd", "password", "password1", "password12",
        "password123", "password!", "pokemon123", "princess", "princess1", "q1w2e3r4", "q1w2e3r4t5", "qazwsxedc",
        "qwer1234", "qwerty123", "qwerty12", "qwertyui", "qwertyuiop", "samantha", "starwars", "sunshine", "superman",
        "trustno1", "welcome1", "welcome123", "whatever", "zaq12wsx",
    ]
}

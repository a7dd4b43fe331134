// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation
internal import ServiceKit
internal import StrictJSON

/// One user of Django's `dumpdata auth.user` (JSON), or of another model with the same fields.
struct DjangoUser: Sendable, Equatable {
    /// Why an object of the dump cannot become a user.
    struct Fault: Error, Sendable, Hashable, CustomStringConvertible {
        let description: String
    }

    /// Kept, so that whatever refers to a user by his number still does: it becomes the `sub` of his tokens.
    let id: Int64
    let username: String
    /// As it was hashed. One we cannot verify logs nobody in; a reset by mail replaces it.
    let password: String
    let email: String?
    let displayName: String?
    let isActive: Bool
    /// Unix seconds.
    let joinedAt: Int64

    var profile: JSONValue { self.displayName.map { ["display_name": .string($0)] } ?? .object([]) }

    /// `nil` for an object of another model.
    init?(_ object: JSONValue, model: String) throws(Fault) {
        guard object["model"]?.string?.lowercased() == model.lowercased() else { return nil }
        guard let id = object["pk"]?.integer, id > 0 else {
            throw Fault(description: "pk is no positive whole number")
        }
        guard let fields = object["fields"], let username = fields["username"]?.string,
            let password = fields["password"]?.string
        else { throw Fault(description: "pk \(id): no username or no password field") }
        guard Registration.isUsername(username) else {
            throw Fault(description: "pk \(id): a username has 1 to 150 letters, digits and _ . @ + - here")
        }
        guard password.utf8.count <= 512 else { throw Fault(description: "pk \(id): no password hash is so long") }
        self.id = id
        self.username = username
        self.password = password
        let email = fields["email"]?.string ?? ""
        if !email.isEmpty, !MailAddress.isPlausible(email) {
            throw Fault(description: "pk \(id): email is not an e-mail address")
        }
        self.email = email.isEmpty ? nil : email
        let names = [fields["first_name"]?.string ?? "", fields["last_name"]?.string ?? ""]
        let name = names.filter { !$0.isEmpty }.joined(separator: " ")
        self.displayName = name.isEmpty ? nil : String(name.prefix(100))
        self.isActive = fields["is_active"]?.bool ?? true
        let joined = fields["date_joined"]?.string.flatMap(Instant.parse)
        self.joinedAt = joined.map { Int64($0.timeIntervalSince1970) } ?? 0
    }
}

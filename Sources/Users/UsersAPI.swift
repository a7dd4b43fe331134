// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import HTTPTypes
package import ServiceKit
internal import StrictJSON

/// What the users service answers to: its routes and its document are made of this.
package enum UsersAPI {
    typealias Schema = OpenAPI.Schema
    typealias Answer = OpenAPI.Answer

    package static let document = OpenAPI.Document(
        title: "users-service",
        "Users, their passwords and the tokens that they get for them.",
        operations: [
            keys, logIn, refresh, revoke, register, me, changeMe, deleteMe, changePassword, verifyAgain, requestReset,
            reset, verify,
        ],
        schemas: [
            "User": .object(
                [
                    "id": id, "username": username, "created_at": .count.described("Unix seconds."),
                    "display_name": Schema.string(1...100).orNull, "email": Schema.string(3...254).orNull,
                    "email_verified": .boolean, "roles": .array(of: .string()),
                ],
                isOpen: true
            ),
            "Tokens": .object(
                [
                    "access_token": .string().described("A JWT, for `Authorization: Bearer`."),
                    "token_type": ["const": "Bearer"], "expires_in": .count.described("Seconds."),
                    "refresh_token": .string().described("Good once."), "refresh_expires_in": .count,
                    "user": .object(["id": id, "username": username], isOpen: true),
                ],
                isOpen: true
            ),
            "FieldProblem": .problem(
                errors: ["type": "object", "additionalProperties": Schema.array(of: .string()).json]
            ),
        ]
    )

    // MARK: What bodies and answers are made of

    private static let id: Schema = ["type": "string", "pattern": "^[1-9][0-9]{0,18}$"]
    static let username: Schema = .string(1...150).with("pattern", "^[A-Za-z0-9_.@+-]+$")
    static let password = Schema.string(PasswordRule.characters...PasswordRule.bytes.upperBound)
        .described(
            "At most \(PasswordRule.bytes.upperBound) bytes; not the name or the address, not what everybody tries."
        )
    static let email: Schema = .string(3...254)
        .with("pattern", #"^\s*[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})*\s*$"#)
    static let displayName: Schema = .text(1...100)
    static let currentPassword = Schema.string(1...1024).described("The password as it is now.")

    /// Of a login, a reset, a verification: whoever cannot say it gets 401 or 422.
    static func token(_ length: Int) -> Schema { .string(1...length) }

    static let user = Schema.reference("User")
    static let faults = Answer.problem(
        422,
        "What was sent cannot be taken; `errors` has sentences by field.",
        .reference("FieldProblem")
    )
    static let throttled = Answer.problem(429, "Too many attempts, or mails; `Retry-After` says when to try again.")
        .with(headers: ["Retry-After": .string()])
    static let wrongPassword = Answer.problem(401, "No token, one that is not valid, or a wrong password.")
    static let endsSessions: KeyValuePairs<String, Schema> = [
        "Gatecast-End-Sessions": .string().described("For the gateway, which shows it to nobody.")
    ]
}

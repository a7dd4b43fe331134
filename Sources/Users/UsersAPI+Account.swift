// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import HTTPTypes
internal import ServiceKit
internal import StrictJSON

/// For people, through the gateway.
extension UsersAPI {
    private static let path = "/api/users"

    static let me = OpenAPI.Operation(
        .get,
        "\(path)/me",
        id: "getMe",
        "The caller.",
        answers: [.init(200, "As it is now.", user)]
    )

    static let changeMe = OpenAPI.Operation(
        .patch,
        "\(path)/me",
        id: "changeMe",
        "Changes the members that are given; `null` removes. An address wants the password, and is unverified at first.",
        body: .patch([
            ("display_name", displayName.orNull), ("email", email.orNull), ("current_password", currentPassword),
        ]).with("dependentRequired", ["email": ["current_password"], "current_password": ["email"]]),
        answers: [.init(200, "As it is now.", user), wrongPassword, faults, throttled]
    )

    static let deleteMe = OpenAPI.Operation(
        .delete,
        "\(path)/me",
        id: "deleteMe",
        "Deletes the caller's account, for good.",
        body: .object(["current_password": currentPassword]),
        answers: [.init(204, "It is gone.", headers: endsSessions), wrongPassword, faults, throttled]
    )

    static let changePassword = OpenAPI.Operation(
        .post,
        "\(path)/me/password",
        id: "changePassword",
        "Changes the password; every other login of the user ends.",
        body: .object(["current_password": currentPassword, "new_password": password]),
        answers: [.init(204, "Changed.", headers: endsSessions), wrongPassword, faults, throttled]
    )

    static let verifyAgain = OpenAPI.Operation(
        .post,
        "\(path)/me/email-verification",
        id: "sendVerification",
        "Sends another mail with a link that verifies the address.",
        answers: [.init(202, "It will be sent, unless the address is verified already."), throttled]
    )

    static let requestReset = OpenAPI.Operation(
        .post,
        "\(path)/password-resets",
        id: "requestPasswordReset",
        "Sends a link by which the password can be set.",
        access: .open,
        body: .object(["email": email]),
        answers: [
            .init(202, "It will be sent, if the address is known: nothing tells whether it is."), faults, throttled,
        ]
    )

    static let reset = OpenAPI.Operation(
        .post,
        "\(path)/password-resets/confirm",
        id: "resetPassword",
        "Sets the password; every login of the user ends.",
        access: .open,
        body: .object(["token": token(256), "password": password]),
        answers: [.init(204, "Set.", headers: endsSessions), faults]
    )

    static let verify = OpenAPI.Operation(
        .post,
        "\(path)/email-verifications/confirm",
        id: "verifyEmail",
        "Says that a mail arrived.",
        access: .open,
        body: .object(["token": token(256)]),
        answers: [.init(204, "The address is verified."), faults]
    )
}

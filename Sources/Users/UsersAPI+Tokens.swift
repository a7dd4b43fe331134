// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import HTTPTypes
internal import ServiceKit

/// For the gateway alone: no route of it leads here.
extension UsersAPI {
    static let keys = OpenAPI.Operation(
        .get,
        "/.well-known/jwks.json",
        id: "getKeys",
        "The public keys of access tokens (RFC 7517).",
        access: .open,
        parameters: [.init(.header, "If-None-Match", .string(), "The ETag that is known already.")],
        answers: [
            .init(
                200,
                "They.",
                .object(
                    ["keys": .array(of: .object(["kty": .string(), "kid": .string()], isOpen: true))],
                    isOpen: true
                ),
                headers: ["ETag": .string(), "Cache-Control": .string()]
            ),
            .init(304, "They are the ones known.", headers: ["ETag": .string()]),
        ]
    )

    static let logIn = OpenAPI.Operation(
        .post,
        "/tokens",
        id: "logIn",
        "Starts a login.",
        access: .open,
        body: .object(["username": .string(0...1024), "password": .string(0...1024)], isOpen: true),
        answers: [
            .init(200, "The tokens.", .reference("Tokens")),
            .problem(401, "Username or password is wrong, or the user is disabled."), faults, throttled,
        ]
    )

    static let refresh = OpenAPI.Operation(
        .post,
        "/tokens/refresh",
        id: "refresh",
        "Goes on with a login. A token that comes again within 30 s gets the same successor; later its login ends.",
        access: .open,
        body: .object(["refresh_token": token(1024)]),
        answers: [
            .init(200, "The next tokens.", .reference("Tokens")), .problem(401, "Not good any more: log in again."),
            faults,
        ]
    )

    static let revoke = OpenAPI.Operation(
        .post,
        "/tokens/revoke",
        id: "revoke",
        "Ends the login that the token belongs to.",
        access: .open,
        body: .object(["refresh_token": token(1024)]),
        answers: [.init(204, "It has ended, now or earlier (RFC 7009 §2.2)."), faults]
    )

    static let register = OpenAPI.Operation(
        .post,
        "/users",
        id: "register",
        "Makes a user.",
        access: .open,
        body: .object(
            ["username": username, "password": password],
            optional: ["display_name": displayName.orNull, "email": email.orNull]
        ),
        answers: [.init(201, "As it is now.", user), faults]
    )
}

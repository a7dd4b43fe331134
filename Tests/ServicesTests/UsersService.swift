// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation
internal import HTTPTypes
internal import Hummingbird
internal import HummingbirdTesting
internal import ServiceKit
internal import Store
internal import StrictJSON
internal import Synchronization
internal import TestSupport
internal import Testing

@testable import Users

/// A users service under test: its clock in the test's hand, its mail in a list, its hashes cheap.
struct UsersService {
    let harness: ServiceHarness
    let clock: ManualClock
    let mails: RecordingMailSender
    let users: UsersSettings

    init(_ adjust: (inout UsersSettings) -> Void = { _ in }) throws {
        self.harness = try ServiceHarness()
        self.clock = ManualClock()
        self.mails = RecordingMailSender()
        var users = UsersSettings()
        users.scryptN = 16
        adjust(&users)
        self.users = users
    }

    var settings: ServiceSettings { self.harness.settings("users") }

    func database() throws -> ServiceDatabase {
        try ServiceDatabase.open(path: self.settings.databasePath, migrations: UsersApp.migrations)
    }

    /// - Parameter sendsMail: false: as with `MAIL=off`.
    func application(sendsMail: Bool = true) async throws -> ServiceApplication {
        let clock = self.clock
        return try await UsersApp.build(
            settings: self.settings,
            users: self.users,
            mail: MailSettings(issuer: "https://localhost:8443"),
            sender: sendsMail ? self.mails : nil,
            now: { clock.unixNow },
            logger: self.harness.logger
        )
    }

    func test(
        sendsMail: Bool = true,
        _ body: @escaping @Sendable (UsersClient) async throws -> Void
    ) async throws {
        let application = try await self.application(sendsMail: sendsMail)
        #expect(application.undocumented == [])
        try await application.application.test(.router) { client in
            try await body(UsersClient(client: client))
        }
    }
}

/// Speaks to a users service, as the gateway does for a browser.
struct UsersClient: Sendable {
    let client: any TestClientProtocol
    /// In `X-Forwarded-For`.
    var address: String?

    func send(
        _ method: HTTPRequest.Method,
        _ path: String,
        _ body: JSONValue? = nil,
        token: String? = nil
    ) async throws -> Answer {
        var headers: HTTPFields = [.contentType: "application/json"]
        if let token { headers[.authorization] = "Bearer \(token)" }
        if let address { headers[HTTPField.Name("x-forwarded-for")!] = address }
        return try await self.client.call(
            method,
            path,
            headers,
            body.map { String(decoding: $0.encoded(), as: UTF8.self) }
        )
    }

    func from(_ address: String?) -> UsersClient { UsersClient(client: self.client, address: address) }

    func register(_ username: String, email: String? = nil, password: String = UsersClient.password) async throws
        -> Answer
    {
        var body: [JSONValue.Member] = [
            .init(name: "username", value: .string(username)), .init(name: "password", value: .string(password)),
        ]
        if let email { body.append(.init(name: "email", value: .string(email))) }
        return try await self.send(.post, "/users", .object(body))
    }

    func logIn(_ username: String, _ password: String = UsersClient.password) async throws -> Answer {
        try await self.send(.post, "/tokens", ["username": .string(username), "password": .string(password)])
    }

    func refresh(_ login: Answer) async throws -> Answer {
        try await self.send(.post, "/tokens/refresh", ["refresh_token": login.body["refresh_token"] ?? .null])
    }

    static let password = "correct horse"
}

extension Answer {
    var accessToken: String { self.body["access_token"]?.string ?? "" }
    /// The names of the fields at fault.
    var faults: [String] { (self.body["errors"]?.members ?? []).map(\.name).sorted() }
}

/// Keeps mails instead of sending them, or refuses as it is told.
final class RecordingMailSender: MailSender {
    private struct State {
        var sent: [Mail] = []
        var failures: [MailError] = []
    }

    private let state = Mutex(State())

    var sent: [Mail] { self.state.withLock { $0.sent } }

    /// The next attempts fail so, one each.
    func fail(_ errors: MailError...) { self.state.withLock { $0.failures += errors } }

    func send(_ mail: Mail) async throws(MailError) {
        let failure = self.state.withLock { state -> MailError? in
            guard state.failures.isEmpty else { return state.failures.removeFirst() }
            state.sent.append(mail)
            return nil
        }
        if let failure { throw failure }
    }

    /// The token of the newest mail to this address with this subject's first word.
    func token(to address: String, _ subject: String) async throws -> String {
        try await eventualValue {
            self.sent.last { $0.to == address && $0.subject.hasPrefix(subject) }
                .flatMap { mail in mail.text.split(separator: "#token=").dropFirst().first?.prefix { !$0.isWhitespace }
                }
                .map(String.init)
        }
    }
}

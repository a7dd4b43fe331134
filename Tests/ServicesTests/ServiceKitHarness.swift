// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import EventLog
internal import Foundation
internal import HTTPTypes
internal import Hummingbird
internal import HummingbirdTesting
internal import Logging
internal import NIOCore
internal import Notifications
internal import ServiceKit
internal import Settings
internal import StrictJSON
internal import Synchronization
internal import Testing
internal import Tokens
internal import Wire

/// An issuer of real tokens, settings that trust it, and a data directory that goes away with the test.
final class ServiceHarness: Sendable {
    static let issuer = "https://issuer.test"
    static let audience = "gatecast"

    let directory: String
    let key: SigningKey
    let authority: TokenAuthority
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    init() throws {
        self.directory = FileManager.default.temporaryDirectory.appendingPathComponent("svc-\(UUID().uuidString)").path
        self.key = try SigningKey.generate(.edDSA)
        let keys = try KeySet(jwks: SigningKey.jwks([self.key]).encoded())
        self.authority = TokenAuthority(
            profiles: [IssuerProfile(iss: Self.issuer, audience: [Self.audience], source: .keys(keys))],
            source: NoKeySetSource(),
            logger: self.logger
        )
    }

    deinit {
        do { try FileManager.default.removeItem(atPath: self.directory) } catch { return }
    }

    func settings(_ service: String) -> ServiceSettings {
        ServiceSettings(
            service: service,
            listen: ListenAddress(host: "127.0.0.1", port: 0),
            data: self.directory,
            issuer: Self.issuer,
            audience: Self.audience,
            jwksURL: "http://127.0.0.1:1/jwks.json"
        )
    }

    func token(
        _ subject: String,
        roles: [String] = [],
        audience: String = ServiceHarness.audience,
        age: Int64 = 0
    ) throws -> String {
        let now = Int64(Date().timeIntervalSince1970) - age
        let claims: [String: JSONValue] = roles.isEmpty ? [:] : ["roles": .array(roles.map { .string($0) })]
        return try TokenIssuer(issuer: Self.issuer, audience: [audience], key: self.key)
            .issue(subject: subject, claims: claims, lifetime: .seconds(600), now: now)
    }

    func headers(_ subject: String, roles: [String] = []) throws -> HTTPFields {
        try [.authorization: "Bearer \(self.token(subject, roles: roles))", .contentType: "application/json"]
    }
}

/// For authorities whose keys are given: asking is a mistake.
struct NoKeySetSource: KeySetSource {
    func fetch(_ url: String) async throws(KeySetFetchError) -> FetchedKeySet {
        throw KeySetFetchError(.unreachable, "no network in this test")
    }
}

/// What a service answered, parsed.
struct Answer {
    let status: HTTPResponse.Status
    let headers: HTTPFields
    let body: JSONValue

    var code: String? { self.body["code"]?.string }

    init(_ response: TestResponse) throws {
        self.status = response.status
        self.headers = response.headers
        let bytes = [UInt8](response.body.readableBytesView)
        self.body = bytes.isEmpty ? .null : try JSONScanner.parse(bytes)
    }
}

extension TestClientProtocol {
    func call(
        _ method: HTTPRequest.Method,
        _ uri: String,
        _ headers: HTTPFields = [:],
        _ body: String? = nil
    ) async throws -> Answer {
        let response = try await self.executeRequest(
            uri: uri,
            method: method,
            headers: headers,
            body: body.map { ByteBuffer(string: $0) }
        )
        return try Answer(response)
    }
}

/// A bus that writes down what is published, and delivers nothing.
final class RecordingBus: EventBus {
    private let continuation: AsyncStream<DomainEvent>.Continuation
    let published: AsyncStream<DomainEvent>

    init() { (self.published, self.continuation) = AsyncStream.makeStream() }

    func publish(_ event: DomainEvent) async throws(EventLogError) {
        self.continuation.yield(event)
    }

    func consume(
        group: String,
        consumer: String,
        handler: @escaping @Sendable (DomainEvent) async throws -> Void
    ) async throws {
        // There is nothing to read: ends by cancellation, never by the clock.
        try await Task.sleep(for: .seconds(3600))
    }
}

/// A log that writes down what is appended, refusing what it is told to.
final class RecordingLog: EventLog {
    private let continuation: AsyncStream<NewEvent>.Continuation
    let appended: AsyncStream<NewEvent>
    private let counter = Mutex<UInt64>(0)
    private let refused: EventLogError.Code?

    init(refusingData refused: EventLogError.Code? = nil) {
        (self.appended, self.continuation) = AsyncStream.makeStream()
        self.refused = refused
    }

    func append(_ events: [NewEvent]) async throws(EventLogError) -> [Appended] {
        if let refused = self.refused, events.contains(where: { $0.data.starts(with: "\"bad".utf8) }) {
            throw EventLogError(refused, "told to")
        }
        return events.map { event in
            self.continuation.yield(event)
            let sequence = self.counter.withLock { number in
                number += 1
                return number
            }
            return Appended(id: Cursor(milliseconds: 1, sequence: sequence), duplicate: false)
        }
    }

    func run(into sink: any EventLogSink) async throws {
        // There is nothing to read: ends by cancellation, never by the clock.
        try await Task.sleep(for: .seconds(3600))
    }

    func extent() async throws(EventLogError) -> LogExtent {
        throw EventLogError(.unavailable, "not kept here")
    }

    var readiness: LogReadiness { .ready }
}

extension TaskEventConsumer {
    /// As the bus delivers it.
    func receive(_ event: DomainEvent) async throws {
        try await self.handle(event, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }
}

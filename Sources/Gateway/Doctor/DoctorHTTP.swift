// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import AsyncHTTPClient
internal import Foundation
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import NIOSSL

/// The doctor's requests: GETs that follow nothing, wait at most 3 s and keep at most 64 KiB.
final class DoctorHTTP: Sendable {
    struct Answer: Sendable, Equatable {
        var status: Int
        /// Lower-case names, in order.
        var headers: [(name: String, value: String)]
        var body: String

        subscript(_ name: String) -> String? { headers.first { $0.name == name }?.value }

        static func == (left: Answer, right: Answer) -> Bool {
            left.status == right.status && left.body == right.body
                && left.headers.map(\.name) == right.headers.map(\.name)
                && left.headers.map(\.value) == right.headers.map(\.value)
        }
    }

    struct Failure: Error, Sendable, Equatable, CustomStringConvertible {
        let description: String
    }

    static let timeout = TimeAmount.seconds(3)
    static let mostBytes = 64 << 10

    private let client: HTTPClient
    private let group: any EventLoopGroup

    init(group: any EventLoopGroup) {
        self.group = group
        client = HTTPClient(eventLoopGroupProvider: .shared(group), configuration: Self.configuration())
    }

    private static func configuration() -> HTTPClient.Configuration {
        var configuration = HTTPClient.Configuration()
        configuration.redirectConfiguration = .disallow
        configuration.decompression = .disabled
        configuration.timeout.connect = timeout
        configuration.connectionPool.retryConnectionEstablishment = false
        // What was asked before must not decide what is asked now.
        configuration.maximumUsesPerConnection = 1
        return configuration
    }

    func close() async { try? await client.shutdown() }  // nothing is under way any more

    func get(_ url: String, _ headers: [(String, String)] = []) async -> Result<Answer, Failure> {
        await Self.get(url, headers, with: client)
    }

    /// Over TLS to `address`, asking for `host`.
    /// - Parameter authority: a PEM file to trust instead of the system's; nil: the system's.
    func get(
        _ path: String,
        at address: String,
        port: Int,
        host: String,
        trusting authority: String?,
        _ headers: [(String, String)]
    ) async -> Result<Answer, Failure> {
        var configuration = Self.configuration()
        var tls = TLSConfiguration.makeClientConfiguration()
        if let authority { tls.trustRoots = .file(authority) }
        configuration.tlsConfiguration = tls
        configuration.httpVersion = .http1Only
        configuration.dnsOverride = [host: address]
        let client = HTTPClient(eventLoopGroupProvider: .shared(group), configuration: configuration)
        let answer = await Self.get("https://\(host):\(port)\(path)", headers, with: client)
        try? await client.shutdown()  // the answer stands
        return answer
    }

    /// The client's own limit ends with the head; a body that dribbles must end too.
    private static func get(
        _ url: String,
        _ headers: [(String, String)],
        with client: HTTPClient
    ) async -> Result<Answer, Failure> {
        await withTaskGroup(of: Result<Answer, Failure>?.self) { tasks in
            tasks.addTask { await whole(url, headers, with: client) }
            tasks.addTask {
                // Cancelled: the answer was there first.
                try? await Task.sleep(for: .seconds(4))
                return nil
            }
            let first = await tasks.next() ?? nil
            tasks.cancelAll()
            return first ?? .failure(Failure(description: "no whole answer within 4 s"))
        }
    }

    private static func whole(
        _ url: String,
        _ headers: [(String, String)],
        with client: HTTPClient
    ) async -> Result<Answer, Failure> {
        var request = HTTPClientRequest(url: url)
        for (name, value) in headers { request.headers.add(name: name, value: value) }
        do {
            let response = try await client.execute(request, timeout: timeout)
            var body = ByteBuffer()
            // A stream may have no end: what is here by then is enough.
            let isEventStream = response.headers.first(name: "content-type")?.hasPrefix("text/event-stream") == true
            if !isEventStream {
                for try await part in response.body {
                    body.writeImmutableBuffer(part)
                    if body.readableBytes > mostBytes { break }
                }
            }
            return .success(
                Answer(
                    status: Int(response.status.code),
                    headers: response.headers.map { ($0.name.lowercased(), $0.value) },
                    body: String(buffer: body)
                )
            )
        } catch {
            return .failure(Failure(description: describe(error)))
        }
    }

    private static func describe(_ error: any Error) -> String {
        switch error {
        case let error as NIOConnectionError:
            error.connectionErrors.first.map { "\($0.error)" } ?? "no connection"
        case let error as HTTPClientError where error == .connectTimeout || error == .deadlineExceeded:
            "no answer within 3 s"
        default:
            "\(error)"
        }
    }
}

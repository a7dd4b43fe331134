// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import AsyncHTTPClient
internal import Foundation
internal import Logging
package import NIOCore
internal import NIOHTTP1

/// Fetches JWK sets: 3 s for everything, 256 KiB, no redirect, JSON only.
///
/// Each fetch has a client of its own, closed when it ends: fetches are minutes apart, and so no connection outlives its
/// use and nobody has to remember to shut one down.
package struct HTTPKeySetSource: KeySetSource {
    package static let timeout: Duration = .seconds(3)
    package static let maximumBytes = 256 * 1024

    private let group: any EventLoopGroup
    private let timeout: Duration

    package init(group: any EventLoopGroup, timeout: Duration = Self.timeout) {
        self.group = group
        self.timeout = timeout
    }

    package func fetch(_ url: String) async throws(KeySetFetchError) -> FetchedKeySet {
        var configuration = HTTPClient.Configuration()
        configuration.redirectConfiguration = .disallow
        configuration.decompression = .disabled
        configuration.maximumUsesPerConnection = 1
        let client = HTTPClient(eventLoopGroupProvider: .shared(self.group), configuration: configuration)
        let outcome = await self.race(url, client)
        do {
            try await client.shutdown()
        } catch {
            // Whatever is left of the connection is closed already; the outcome stands.
            Logger(label: "gatecast.tokens").debug(
                "closing a key set connection failed",
                metadata: ["error": "\(error)"]
            )
        }
        return try outcome.get()
    }

    /// AsyncHTTPClient's own deadline ends with the response head; a body that dribbles must end too.
    private func race(_ url: String, _ client: HTTPClient) async -> Result<FetchedKeySet, KeySetFetchError> {
        let timeout = self.timeout
        return await withTaskGroup(of: Result<FetchedKeySet, KeySetFetchError>.self) { group in
            group.addTask { await Self.get(url, client, timeout) }
            group.addTask {
                do {
                    try await Task.sleep(for: timeout)
                } catch {
                    // Cancelled because the answer came first, or with the whole fetch.
                }
                return .failure(KeySetFetchError(.timeout, "no complete answer within \(timeout)"))
            }
            defer { group.cancelAll() }
            return await group.next() ?? .failure(KeySetFetchError(.timeout, "cancelled"))
        }
    }

    private static func get(
        _ url: String,
        _ client: HTTPClient,
        _ timeout: Duration
    ) async -> Result<FetchedKeySet, KeySetFetchError> {
        do {
            var request = HTTPClientRequest(url: url)
            request.headers.add(name: "accept", value: "application/jwk-set+json, application/json")
            let response = try await client.execute(request, deadline: .now() + TimeAmount(timeout))
            if (300..<400).contains(response.status.code) {
                throw KeySetFetchError(.redirect, "\(response.status.code) is not followed")
            }
            guard response.status == .ok else { throw KeySetFetchError(.status, "\(response.status.code)") }
            let type = response.headers.first(name: "content-type") ?? ""
            guard Self.isJSON(type) else { throw KeySetFetchError(.contentType, "\(type.prefix(80)) is not JSON") }
            var bytes: [UInt8] = []
            for try await chunk in response.body {
                guard bytes.count + chunk.readableBytes <= Self.maximumBytes else {
                    throw KeySetFetchError(.tooLarge, "more than \(Self.maximumBytes) bytes")
                }
                bytes.append(contentsOf: chunk.readableBytesView)
            }
            let maxAge = CacheControl.maxAge(response.headers["cache-control"])
            return .success(FetchedKeySet(keys: try KeySet(jwks: bytes), maxAge: maxAge))
        } catch let error as KeySetFetchError {
            return .failure(error)
        } catch let error as KeySet.LoadError {
            return .failure(KeySetFetchError(.unreadable, error.description))
        } catch let error as HTTPClientError where error == .deadlineExceeded || error == .connectTimeout {
            return .failure(KeySetFetchError(.timeout, "\(error)"))
        } catch {
            return .failure(KeySetFetchError(.unreachable, "\(error)"))
        }
    }

    private static func isJSON(_ contentType: String) -> Bool {
        let type = contentType.prefix { $0 != ";" }.lowercased().filter { $0 != " " && $0 != "\t" }
        return type == "application/json" || (type.hasPrefix("application/") && type.hasSuffix("+json"))
    }
}

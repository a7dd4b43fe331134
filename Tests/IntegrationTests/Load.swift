// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import AsyncHTTPClient
internal import Foundation
internal import NIOCore
internal import NIOHTTP1
internal import NIOSSL
internal import Synchronization
internal import TestSupport

/// Steady requests over TLS until told to stop: HTTP/1.1 on kept connections, HTTP/2, and a connection for each request. A request
/// that ends in anything but a 200 with the whole body is a failure; none is tried again, except one that the client itself never
/// sent, or that HTTP/2 says was not looked at: async-http-client hands requests to a connection that has just been told GOAWAY, and
/// either cancels them there or has them refused (REFUSED_STREAM, RFC 9113 §8.7), which browsers send again by themselves.
final class Load: Sendable {
    private struct State {
        var answered = 0
        var unsent = 0
        var failures: [String] = []
        var isOver = false
    }

    private let state = Mutex(State())
    private let clients: [HTTPClient]
    private let task: Mutex<Task<Void, Never>?> = Mutex(nil)

    /// - Parameters:
    ///   - pause: between two requests of one of the streams; the load is for coverage, not for measuring.
    init(port: Int, authority: String, caPath: String, path: String, body: String, pause: Duration = .milliseconds(5)) {
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.trustRoots = .file(caPath)
        var kept = HTTPClient.Configuration(tlsConfiguration: tls)
        kept.httpVersion = .http1Only
        kept.timeout.connect = .seconds(20)
        kept.connectionPool.retryConnectionEstablishment = false
        var second = kept
        second.httpVersion = .automatic
        clients = [HTTPClient(configuration: kept), HTTPClient(configuration: second)]
        let streams: [(HTTPClient, closes: Bool)] =
            [(clients[0], false), (clients[0], false), (clients[0], true), (clients[0], true)]
            + [(clients[1], false), (clients[1], false)]
        let run = Task {
            await withDiscardingTaskGroup { group in
                for (client, closes) in streams {
                    group.addTask {
                        while !self.state.withLock({ $0.isOver }) {
                            await self.send(client, port, authority, path, body, closes: closes)
                            // Cancelled: the end comes all the same.
                            try? await Task.sleep(for: pause)
                        }
                    }
                }
            }
        }
        task.withLock { $0 = run }
    }

    private func send(
        _ client: HTTPClient,
        _ port: Int,
        _ authority: String,
        _ path: String,
        _ expected: String,
        closes: Bool
    ) async {
        var request = HTTPClientRequest(url: "https://localhost:\(port)\(path)")
        request.headers.add(name: "host", value: authority)
        if closes { request.headers.add(name: "connection", value: "close") }
        do {
            let response = try await client.execute(request, timeout: .seconds(20))
            let body = String(buffer: try await response.body.collect(upTo: 1 << 20))
            let isGood = response.status == .ok && body == expected
            state.withLock { if isGood { $0.answered += 1 } else { $0.failures.append("\(response.status) \(body)") } }
        } catch let error as HTTPClientError where error == .cancelled && client === clients[1] {
            state.withLock { $0.unsent += 1 }
        } catch {
            let text = "\(error)"
            let isRefused = client === clients[1] && text.contains("Refused Stream")
            state.withLock { if isRefused { $0.unsent += 1 } else { $0.failures.append(text) } }
        }
    }

    /// What the client gave up before the server looked at it.
    var unsent: Int { state.withLock { $0.unsent } }
    var answered: Int { state.withLock { $0.answered } }

    /// Ends it, and tells what failed.
    func stop() async -> [String] {
        state.withLock { $0.isOver = true }
        await task.withLock { $0 }?.value
        // What is left open is the clients' own.
        for client in clients { try? await client.shutdown() }
        return state.withLock { $0.failures }
    }
}

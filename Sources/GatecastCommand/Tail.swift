// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import ArgumentParser
internal import AsyncHTTPClient
internal import Foundation
internal import NIOCore
internal import NIOHTTP1

struct Tail: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print events as they happen, one JSON object a line; resumes by itself.",
        discussion: """
            gatecast tail                       every topic, from now on
            gatecast tail --topic 'user.*'      one subtree
            gatecast tail --since 1767000000123-4
            """
    )

    @OptionGroup var admin: AdminEndpoint.Options

    @Option(help: "A topic, or a subtree like 'org.*'. May be repeated; none means all.")
    var topic: [String] = []

    @Option(help: "Begin after this cursor instead of now.")
    var since: String?

    @Option(help: "Stop after this many events.")
    var count: Int?

    func run() async throws {
        try await Failure.reported {
            var state = TailState(since: since, remaining: count)
            var failures = 0
            while !state.isDone {
                let endpoint = try AdminEndpoint.find(admin)
                do {
                    let response = try await HTTPClient.shared.execute(
                        endpoint.request("/tail?\(query(state.since))"),
                        deadline: .distantFuture
                    )
                    guard response.status == .ok else {
                        let body = try await response.body.collect(upTo: 64 << 10)
                        throw AdminEndpointError(text: AdminEndpoint.explain(status: response.status.code, body: body))
                    }
                    failures = 0
                    state.connected()
                    for try await chunk in response.body where !state.isDone {
                        for line in state.take(chunk) { print(line) }
                        fflush(nil)
                        if state.isDone { return }
                    }
                } catch let error as AdminEndpointError {
                    throw error
                } catch {
                    Failure.say("\(endpoint.address): \(error); trying again")
                }
                // Full jitter, 0.2 s to 5 s: a fleet of tails must not return in one instant.
                failures += 1
                let bound = min(5.0, 0.2 * pow(2, Double(min(failures, 6))))
                try await Task.sleep(for: .seconds(Double.random(in: 0.05...bound)))
            }
        }
    }

    private func query(_ since: String?) -> String {
        var items = topic.map { URLQueryItem(name: "topic", value: $0) }
        if let since { items.append(URLQueryItem(name: "since", value: since)) }
        var components = URLComponents()
        components.queryItems = items
        return components.percentEncodedQuery ?? ""
    }
}

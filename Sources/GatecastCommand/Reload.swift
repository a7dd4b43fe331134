// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import ArgumentParser
internal import AsyncHTTPClient
internal import Foundation
internal import NIOCore
internal import NIOHTTP1
internal import StrictJSON

struct Reload: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Have a running gateway read its configuration and certificates again.",
        discussion: """
            Prints what became of it: {"result":"applied","changed":["routes"],"restart":[]}. Exit 0 where the configuration is in
            force now, 78 where it was refused and nothing was changed. A changed file and SIGHUP do the same without an answer.
            """
    )

    @OptionGroup var admin: AdminEndpoint.Options

    func run() async throws {
        try await Failure.reported {
            let endpoint = try AdminEndpoint.find(admin)
            let request = endpoint.request("/reload", method: "POST")
            let response: HTTPClientResponse
            do { response = try await HTTPClient.shared.execute(request, timeout: .seconds(30)) } catch {
                throw AdminEndpointError(text: "no gateway answers at \(endpoint.address): is it running? (\(error))")
            }
            let answer = try await response.body.collect(upTo: 64 << 10)
            switch response.status {
            case .ok:
                print(String(buffer: answer))
            case .unprocessableEntity:
                let document = try JSONScanner.parse(Array(answer.readableBytesView))
                Failure.say("not reloaded, nothing was changed: \(document["error"]?.string ?? "no reason given")")
                throw Failure.configuration
            default:
                throw AdminEndpointError(text: AdminEndpoint.explain(status: response.status.code, body: answer))
            }
        }
    }
}

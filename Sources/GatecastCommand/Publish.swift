// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import ArgumentParser
internal import AsyncHTTPClient
internal import Foundation
internal import NIOCore
internal import NIOHTTP1
internal import StrictJSON

struct Publish: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Publish one event to a running gateway.",
        discussion: """
            gatecast publish user.1 '{"hello":1}'
            gatecast publish board.7 '{"typing":"ana"}' --ephemeral

            Prints the event's id. A second publish with the same --key within ten minutes prints the first id again.
            """
    )

    @OptionGroup var admin: AdminEndpoint.Options

    @Option(help: "Publish at most once per topic and key (ten minutes).")
    var key: String?

    @Flag(help: "Reach only who is connected now; nothing is kept.")
    var ephemeral = false

    @Argument(help: "Up to 8 segments of A–Z a–z 0–9 _ - joined by dots, like user.42")
    var topic: String

    @Argument(help: "The event's data: one JSON value")
    var json: String

    func run() async throws {
        try await Failure.reported {
            let data = Array(json.utf8)
            do { try JSONScanner.validate(data) } catch {
                throw ValidationError("The second argument is no JSON value (\(error)). Example: '{\"hello\":1}'")
            }
            let endpoint = try AdminEndpoint.find(admin)
            var request = endpoint.request("/publish", method: "POST")
            request.headers.add(name: "content-type", value: "application/json")
            request.body = .bytes(ByteBuffer(bytes: body(data)))
            let response: HTTPClientResponse
            do { response = try await HTTPClient.shared.execute(request, timeout: .seconds(10)) } catch {
                throw AdminEndpointError(text: "no gateway answers at \(endpoint.address): is it running? (\(error))")
            }
            let answer = try await response.body.collect(upTo: 64 << 10)
            guard response.status == .ok else {
                throw AdminEndpointError(text: AdminEndpoint.explain(status: response.status.code, body: answer))
            }
            print(String(buffer: answer))
        }
    }

    /// Members spliced around the caller's own bytes of `data`.
    private func body(_ data: [UInt8]) -> [UInt8] {
        var bytes = Array("{\"topic\":\(JSONText.quoted(topic)),\"data\":".utf8)
        bytes += data
        if let key { bytes += Array(",\"key\":\(JSONText.quoted(key))".utf8) }
        if ephemeral { bytes += Array(",\"ephemeral\":true".utf8) }
        bytes.append(UInt8(ascii: "}"))
        return bytes
    }
}

// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import ArgumentParser
internal import AsyncHTTPClient
internal import Foundation
internal import Gateway
internal import NIOCore
internal import NIOHTTP1
internal import Settings

/// Where a running gateway's admin listener is and how to speak to it, for `publish` and `tail`.
///
/// Found, in this order: `--config FILE`; else the address and token that `gatecast up` left in its data folder.
struct AdminEndpoint {
    var address: ListenAddress
    var token: Secret

    struct Options: ParsableArguments {
        @Option(help: ArgumentHelp("Read the admin address and token from this gatecast.yaml.", valueName: "file"))
        var config: String?

        @Option(help: ArgumentHelp("The data folder of a running `gatecast up`.", valueName: "dir"))
        var data: String = "var"
    }

    static func find(_ options: Options) throws -> AdminEndpoint {
        if let file = options.config {
            let admin = try GatewaySettings.adminOnly(file: file, environment: ProcessInfo.processInfo.environment)
            guard let token = admin.token else {
                throw AdminEndpointError(text: "\(file) sets no admin.token, so nothing can be published through it.")
            }
            return AdminEndpoint(address: admin.listen, token: token)
        }
        let folder = DataFolder(path: options.data)
        guard let token = try folder.adminToken.read(), let address = try folder.adminAddress.read() else {
            throw AdminEndpointError(
                text:
                    "no running gateway known in \(options.data)/. Start one with `gatecast up`, or name its --config FILE or --data DIR."
            )
        }
        return AdminEndpoint(address: try ListenAddress(parsing: address), token: Secret(token))
    }

    func request(_ path: String, method: String = "GET") -> HTTPClientRequest {
        var request = HTTPClientRequest(url: "http://\(address)\(path)")
        request.method = .init(rawValue: method)
        request.headers.add(name: "authorization", value: "Bearer \(token.text)")
        return request
    }

    /// A request that is answered with nothing but its status.
    func post(_ path: String, _ body: [UInt8]) async throws {
        var request = request(path, method: "POST")
        request.headers.add(name: "content-type", value: "application/json")
        request.body = .bytes(ByteBuffer(bytes: body))
        _ = try await answer(to: request, accepting: [200, 202])
    }

    /// A request without a body that is answered with nothing but its status.
    func send(_ method: String, _ path: String) async throws {
        _ = try await answer(to: request(path, method: method), accepting: [200, 202, 204])
    }

    func get(_ path: String, accepting statuses: Set<UInt> = [200]) async throws -> ByteBuffer {
        try await answer(to: request(path), accepting: statuses)
    }

    private func answer(to request: HTTPClientRequest, accepting statuses: Set<UInt>) async throws -> ByteBuffer {
        let response: HTTPClientResponse
        do { response = try await HTTPClient.shared.execute(request, timeout: .seconds(10)) } catch {
            throw AdminEndpointError(text: "no gateway answers at \(address): is it running? (\(error))")
        }
        let body = try await response.body.collect(upTo: 64 << 20)
        guard statuses.contains(response.status.code) else {
            throw AdminEndpointError(text: Self.explain(status: response.status.code, body: body))
        }
        return body
    }

    /// The `detail` of a problem document, or the status alone: what to print when the gateway said no.
    static func explain(status: UInt, body: ByteBuffer) -> String {
        struct Problem: Decodable { var detail: String? }
        // Not JSON: the status alone is what there is to say.
        let problem = try? JSONDecoder().decode(Problem.self, from: Data(body.readableBytesView))
        return problem?.detail.map { "\($0) (status \(status))" } ?? "the gateway answered \(status)"
    }
}

struct AdminEndpointError: Error, CustomStringConvertible {
    var text: String
    var description: String { text }
}

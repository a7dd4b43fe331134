// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import AsyncHTTPClient
internal import NIOCore
internal import NIOHTTP1
internal import StrictJSON

/// Requests over plain HTTP on loopback: to the admin listener, or to a service past its gateway.
enum PlainHTTP {
    static func send(
        _ method: String,
        port: Int,
        _ path: String,
        json: String? = nil,
        bearer: String? = nil,
        ifMatch: String? = nil
    ) async throws -> Browser.Answer {
        var request = HTTPClientRequest(url: "http://127.0.0.1:\(port)\(path)")
        request.method = .RAW(value: method)
        if let bearer { request.headers.add(name: "authorization", value: "Bearer \(bearer)") }
        if let ifMatch { request.headers.add(name: "if-match", value: ifMatch) }
        if let json {
            request.headers.add(name: "content-type", value: "application/json")
            request.body = .bytes(ByteBuffer(string: json))
        }
        let response = try await HTTPClient.shared.execute(request, timeout: .seconds(20))
        let body = String(buffer: try await response.body.collect(upTo: 1 << 20))
        let fields = response.headers.map { ($0.name, $0.value) }
        return Browser.Answer(status: Int(response.status.code), headers: fields, body: body)
    }
}

extension SeparateStack {
    func readyz() async throws -> Browser.Answer { try await PlainHTTP.send("GET", port: adminPort, "/readyz") }

    func publish(_ topic: String, _ data: String) async throws -> Browser.Answer {
        try await PlainHTTP.send(
            "POST",
            port: adminPort,
            "/publish",
            json: #"{"topic":"\#(topic)","data":\#(data)}"#,
            bearer: ConfigurationFile.adminToken
        )
    }
}

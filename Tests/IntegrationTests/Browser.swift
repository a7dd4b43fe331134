// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import AsyncHTTPClient
internal import Foundation
internal import NIOCore
internal import NIOHTTP1
internal import NIOSSL
internal import StrictJSON
internal import TestSupport

/// What a browser does, without the browser: keeps cookies, sends Origin and Fetch Metadata, trusts the run's own authority.
final class Browser: @unchecked Sendable {  // used by one test task at a time
    /// What the gateway takes for its public authority: that of its configuration, whatever port it was given.
    let authority: String
    let port: Int
    let tls: TLSConfiguration
    private let client: HTTPClient
    private(set) var cookies: [String: String] = [:]
    /// Every header and body byte this browser ever received, for the search for tokens.
    private(set) var transcript = ""

    init(port: Int, authority: String, caPath: String, cookies: [String: String] = [:]) {
        self.port = port
        self.authority = authority
        self.cookies = cookies
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.trustRoots = .file(caPath)
        self.tls = tls
        var configuration = HTTPClient.Configuration(tlsConfiguration: tls)
        configuration.redirectConfiguration = .disallow
        client = HTTPClient(configuration: configuration)
    }

    var origin: String { "https://\(authority)" }

    struct Answer {
        var status: Int
        var headers: [(String, String)]
        var body: String
        var json: JSONValue? { try? JSONScanner.parse(Array(body.utf8)) }
        func header(_ name: String) -> String? { headers.first { $0.0.lowercased() == name }?.1 }
    }

    func send(
        _ method: String,
        _ path: String,
        json: String? = nil,
        form: String? = nil,
        headers: [(String, String)] = [("sec-fetch-site", "same-origin")]
    ) async throws -> Answer {
        var request = HTTPClientRequest(url: "https://localhost:\(port)\(path)")
        request.method = .RAW(value: method)
        request.headers.add(name: "host", value: authority)
        for (name, value) in headers { request.headers.add(name: name, value: value) }
        if method != "GET" { request.headers.add(name: "origin", value: origin) }
        if let line = cookieLine { request.headers.add(name: "cookie", value: line) }
        if let json {
            request.headers.add(name: "content-type", value: "application/json")
            request.body = .bytes(ByteBuffer(string: json))
        }
        if let form {
            request.headers.add(name: "content-type", value: "application/x-www-form-urlencoded")
            request.body = .bytes(ByteBuffer(string: form))
        }
        let response = try await client.execute(request, timeout: .seconds(30))
        let body = String(buffer: try await response.body.collect(upTo: 4 << 20))
        for line in response.headers["set-cookie"] { keep(line) }
        let fields = response.headers.map { ($0.name, $0.value) }
        TokenSearch.check(fields, body: body, of: "\(method) \(path)")
        transcript += fields.map { "\($0.0): \($0.1)\n" }.joined() + body + "\n"
        return Answer(status: Int(response.status.code), headers: fields, body: body)
    }

    func webSocket(_ path: String, origin: String? = nil) async throws -> WebSocketClient {
        var headers = [("Host", authority), ("Origin", origin ?? self.origin)]
        if let line = cookieLine { headers.append(("Cookie", line)) }
        return try await WebSocketClient.connect(port: port, path: path, headers: headers, tls: tls)
    }

    /// The lines of a server-sent event stream.
    func eventStream(_ path: String) async throws -> HTTPClientResponse {
        var request = HTTPClientRequest(url: "https://localhost:\(port)\(path)")
        request.headers.add(contentsOf: [
            ("host", authority), ("accept", "text/event-stream"), ("origin", origin), ("cookie", cookieLine ?? ""),
        ])
        return try await client.execute(request, deadline: .distantFuture)
    }

    // A failed test leaves requests behind; that they end badly is no news.
    deinit { try? client.syncShutdown() }

    private var cookieLine: String? {
        cookies.isEmpty ? nil : cookies.map { "\($0.key)=\($0.value)" }.sorted().joined(separator: "; ")
    }

    private func keep(_ line: String) {
        let pair = line.prefix { $0 != ";" }.split(separator: "=", maxSplits: 1)
        guard pair.count > 0 else { return }
        let isOver = line.contains("Max-Age=0")
        if pair.count == 2, pair[0] == "__Host-Http-sid", !isOver { TokenSearch.rememberSID(String(pair[1])) }
        cookies[String(pair[0])] = isOver ? nil : (pair.count == 2 ? String(pair[1]) : "")
    }
}

// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

package import Settings

/// `tracing`: which requests are recorded, and where their spans go.
package struct TracingSettings: Sendable {
    /// Base URL of a collector that speaks OTLP over HTTP; `/v1/traces` is put behind it. Nil: nothing is recorded.
    package var endpoint: String?
    /// Percent of the traces that begin here; a trusted caller's own decision is kept. Default 100.
    package var sample = 100
    /// `service.name` of the spans.
    package var service = "gatecast"
    /// Sent with each export, for collectors that want a key.
    package var headers: [(name: String, value: Secret)] = []

    package init() {}

    /// - Parameter environment: where the file names no endpoint, `OTEL_EXPORTER_OTLP_ENDPOINT` may.
    package init(node: SettingsNode?, environment: [String: String]) throws(SettingsError) {
        if let standard = environment["OTEL_EXPORTER_OTLP_ENDPOINT"], Self.isURL(standard) { self.endpoint = standard }
        guard let node else { return }
        var map = try node.map()
        if let endpointNode = map.take("endpoint") {
            let endpoint = try endpointNode.string()
            guard endpoint.isEmpty || Self.isURL(endpoint) else {
                throw endpointNode.error("is no http or https URL", advice: "endpoint: http://127.0.0.1:4318")
            }
            if !endpoint.isEmpty { self.endpoint = endpoint }
        }
        if let sample = try map.take("sample")?.int(in: 0...100) { self.sample = sample }
        if let service = try map.take("service")?.nonEmptyString(advice: "service: gatecast") { self.service = service }
        for (name, value) in try map.take("headers")?.map().entries ?? [] {
            guard !name.isEmpty, name.utf8.allSatisfy(Self.isNameByte) else {
                throw value.error("\(name) is no header name", advice: "headers: { authorization: \"${OTLP_KEY}\" }")
            }
            self.headers.append((name, try value.secret()))
        }
        try map.finish()
    }

    private static func isURL(_ text: String) -> Bool {
        (text.hasPrefix("http://") || text.hasPrefix("https://")) && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
        default: false
        }
    }
}

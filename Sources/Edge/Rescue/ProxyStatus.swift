// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

/// `Proxy-Status` (RFC 9209) of answers the gateway makes itself, on the internal listener alone: its readers run the
/// service, and may know what no browser is told.
enum ProxyStatus {
    static func value(_ refusal: Refusal, upstream: String?) -> String {
        var value = "gatecast; error=\(self.error(refusal.code))"
        if let upstream { value += "; next-hop=\(self.quoted(upstream))" }
        if let reason = refusal.reason { value += "; details=\(self.quoted(reason))" }
        return value
    }

    /// RFC 9209 §2.3.
    private static func error(_ code: Refusal.Code) -> String {
        switch code {
        case .upstreamUnreachable: "destination_unavailable"
        case .upstreamTimeout: "http_response_timeout"
        case .upstreamBadMessage: "http_protocol_error"
        case .upstreamOverloaded: "connection_limit_reached"
        case .noHealthyUpstream: "destination_unavailable"
        case .noRoute: "destination_not_found"
        case .badMessage, .hostInvalid, .pathRefused, .headerRefused, .uriTooLong, .headTooLarge, .notImplemented,
            .expectationFailed, .requestTimeout:
            "http_request_error"
        case .internalError, .draining, .sessionStoreUnavailable, .refreshUnavailable, .keysUnavailable,
            .loginUnavailable:
            "proxy_internal_error"
        default: "http_request_denied"
        }
    }

    /// An sf-string (RFC 8941 §3.3.3): printable ASCII, two characters escaped; whatever else becomes a blank.
    private static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars.prefix(512) {
            switch scalar {
            case "\"", "\\": quoted += "\\\(scalar)"
            case " "..."~": quoted.unicodeScalars.append(scalar)
            default: quoted += " "
            }
        }
        return quoted + "\""
    }
}

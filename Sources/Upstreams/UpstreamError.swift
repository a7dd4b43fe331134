// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

/// Why an exchange did not end well. Knows nothing of statuses: the caller answers, or cuts its own answer short.
package struct UpstreamError: Error, Sendable {
    package enum Code: String, Sendable, Hashable, CaseIterable {
        /// Refused, unreachable, or a name that does not resolve. The request was not sent.
        case unreachable
        /// The request was not sent.
        case connectTimeout = "connect-timeout"
        /// No TLS: not spoken there, or the certificate's chain or name does not hold. The request was not sent.
        case tlsFailed = "tls-failed"
        /// No complete head in time, or a request body that nobody took.
        case headTimeout = "head-timeout"
        case bodyTimeout = "body-timeout"
        /// The connection ended before the answer did.
        case reset
        /// The answer is not HTTP as we read it.
        case badMessage = "bad-message"
        /// The upstream, or each of its endpoints, has as much under way as it may, and the line is full or too slow.
        case overloaded
        /// None has an address.
        case noHealthyEndpoint = "no-healthy-endpoint"
    }

    package let code: Code
    /// For the log only: may contain an address, never content.
    package let logDetail: String

    package init(_ code: Code, _ logDetail: String) {
        self.code = code
        self.logDetail = logDetail
    }

    /// True if the request provably never reached the upstream.
    package var wasNotSent: Bool {
        switch self.code {
        case .unreachable, .connectTimeout, .tlsFailed, .overloaded, .noHealthyEndpoint: true
        case .headTimeout, .bodyTimeout, .reset, .badMessage: false
        }
    }
}

extension UpstreamError: CustomStringConvertible {
    package var description: String { "\(self.code.rawValue): \(self.logDetail)" }
}

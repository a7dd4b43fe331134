// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

/// The request methods Gatecast knows. Names are case-sensitive (RFC 9110 §9.1); any other token is answered 501.
package enum Method: UInt8, Sendable, CaseIterable {
    case get, head, post, put, patch, delete, options, connect, trace

    /// Nil for every token that is not exactly one of the names.
    package init?(_ bytes: some Collection<UInt8>) {
        for method in Method.allCases where method.text.matches(bytes) {
            self = method
            return
        }
        return nil
    }

    package var name: String { self.text.description }

    /// RFC 9110 §9.2.1.
    package var isSafe: Bool {
        switch self {
        case .get, .head, .options, .trace: true
        case .post, .put, .patch, .delete, .connect: false
        }
    }

    /// RFC 9110 §9.2.2.
    package var isIdempotent: Bool {
        switch self {
        case .get, .head, .options, .trace, .put, .delete: true
        case .post, .patch, .connect: false
        }
    }

    var text: StaticString {
        switch self {
        case .get: "GET"
        case .head: "HEAD"
        case .post: "POST"
        case .put: "PUT"
        case .patch: "PATCH"
        case .delete: "DELETE"
        case .options: "OPTIONS"
        case .connect: "CONNECT"
        case .trace: "TRACE"
        }
    }
}

extension Method: CustomStringConvertible {
    package var description: String { self.name }
}

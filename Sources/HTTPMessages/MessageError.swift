// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

/// Why a message is refused. Says what was wrong, not how to answer: the status is the caller's decision, since the
/// same flaw is a 400 in a request and a 502 in an answer.
package struct MessageError: Error, Sendable, Hashable {
    package enum Code: Sendable, Hashable {
        /// Syntax or framing.
        case badMessage
        /// `Host` missing, repeated, malformed, or at odds with the target.
        case hostInvalid
        case pathRefused
        /// `Connection` names a field that is not the connection's.
        case headerRefused
        case uriTooLong
        case headTooLarge
        case bodyTooLarge
        /// A method or transfer coding we do not know.
        case notImplemented
        case methodNotAllowed
        case expectationFailed
    }

    package let code: Code
    /// For the log; contains nothing a client sent.
    package let reason: StaticString
    /// The name of the offending field, at most 64 bytes; never its value.
    package var field: String?

    package init(_ code: Code, _ reason: StaticString, field: String? = nil) {
        self.code = code
        self.reason = reason
        self.field = field
    }

    package static func == (left: MessageError, right: MessageError) -> Bool {
        left.code == right.code && left.field == right.field && left.reason.description == right.reason.description
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(self.code)
        hasher.combine(self.field)
    }
}

extension MessageError: CustomStringConvertible {
    package var description: String {
        guard let field else { return "\(self.code): \(self.reason)" }
        return "\(self.code): \(self.reason) (\(field))"
    }
}

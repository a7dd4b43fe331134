// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

/// Why a command, a connection or a setting failed. Carries no argument of the command and no password.
package struct RedisError: Error, Sendable, Hashable, CustomStringConvertible {
    package enum Code: Sendable, Hashable {
        /// No connection at the moment; nothing was sent. A retry after the back-off may help.
        case unavailable
        /// No answer within the command's time; the connection was closed. The command may or may not have run.
        case timeout
        /// The server's own error line, such as `WRONGTYPE …` or `NOAUTH …`. The connection is well.
        case server(String)
        /// The connection ended while the command was under way. It may or may not have run.
        case closed
        /// More commands, or bytes of them, wait for their answers than the settings allow; nothing was sent.
        case overloaded
        /// The peer did not speak RESP2, or sent a reply nobody asked for; the connection was closed.
        case badReply
        /// One reply was larger than `RedisSettings.maximumReplyBytes`; the connection was closed.
        case replyTooLarge
        /// The peer is a replica (`ROLE`); a write to it would reach nobody.
        case notMaster
        /// A setting that cannot be used.
        case invalid
    }

    package let code: Code
    /// For the log; never sent to a client.
    package let detail: String

    package init(_ code: Code, _ detail: String = "") {
        self.code = code
        self.detail = detail
    }

    /// True where the server certainly did not run the command.
    package var wasNotSent: Bool {
        switch code {
        case .unavailable, .overloaded, .notMaster, .invalid: true
        case .timeout, .server, .closed, .badReply, .replyTooLarge: false
        }
    }

    /// The text of the server's error line, if that is what this is.
    package var serverText: String? {
        if case .server(let text) = code { text } else { nil }
    }

    package var description: String {
        let name =
            switch code {
            case .unavailable: "redis unavailable"
            case .timeout: "redis timeout"
            case .server(let text): "redis answered: \(text)"
            case .closed: "redis connection closed"
            case .overloaded: "redis queue full"
            case .badReply: "redis protocol error"
            case .replyTooLarge: "redis reply too large"
            case .notMaster: "redis peer is not a master"
            case .invalid: "redis setting refused"
            }
        return detail.isEmpty ? name : "\(name): \(detail)"
    }
}

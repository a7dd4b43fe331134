// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

package import StrictJSON

/// What a client may say (live.md §2). Whether it may have the topic is for others to decide; the topic's grammar too.
package enum ClientCommand: Sendable, Hashable {
    /// `since` as sent, nil where absent or empty. A malformed one is answered with a gap, not with an error.
    case subscribe(ref: JSONValue, topic: String, since: String?)
    case unsubscribe(ref: JSONValue, topic: String)
    /// Answers our `ping` frame; accepted and ignored.
    case pong

    /// Strict in JSON; members it does not know are ignored, so that a newer client may say more. The caller bounds the
    /// size at 4 KB before.
    package static func decode(_ bytes: [UInt8]) throws(ClientCommandError) -> ClientCommand {
        let frame: JSONValue
        do {
            frame = try JSONScanner.parse(bytes, limits: JSONLimits(depth: 8, members: 64))
        } catch {
            throw .notJSON(error)
        }
        guard case .object = frame, let operation = frame["op"]?.string else { throw .unknownOperation }
        switch operation {
        case "sub":
            return .subscribe(ref: try ref(of: frame), topic: try topic(of: frame), since: try since(of: frame))
        case "unsub":
            return .unsubscribe(ref: try ref(of: frame), topic: try topic(of: frame))
        case "pong":
            return .pong
        default:
            throw .unknownOperation
        }
    }

    /// Only what is echoed byte for byte whatever it is: an integer, or a string of at most 128 bytes.
    private static func ref(of frame: JSONValue) throws(ClientCommandError) -> JSONValue {
        switch frame["ref"] {
        case .integer(let value): return .integer(value)
        case .string(let text) where text.utf8.count <= 128: return .string(text)
        default: throw .badMember("ref")
        }
    }

    private static func topic(of frame: JSONValue) throws(ClientCommandError) -> String {
        guard let topic = frame["topic"]?.string else { throw .badMember("topic") }
        return topic
    }

    private static func since(of frame: JSONValue) throws(ClientCommandError) -> String? {
        switch frame["since"] {
        case nil, .null: return nil
        case .string(let since): return since.isEmpty ? nil : since
        default: throw .badMember("since")
        }
    }
}

/// Each of them closes the connection with 4000.
package enum ClientCommandError: Error, Sendable, Hashable, CustomStringConvertible {
    case notJSON(JSONError)
    /// No object, no `op`, or one that is not `sub`, `unsub` or `pong`.
    case unknownOperation
    /// A member of that name is missing or of the wrong kind.
    case badMember(String)

    package var description: String {
        switch self {
        case .notJSON(let error): "not JSON: \(error)"
        case .unknownOperation: "unknown op"
        case .badMember(let name): "\(name) missing or of the wrong kind"
        }
    }
}

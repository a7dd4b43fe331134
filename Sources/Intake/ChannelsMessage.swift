// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import StrictJSON

/// The payload of one `group_send`, whatever its serializer, as JSON. Pure.
package enum ChannelsMessage: Sendable, Hashable {
    case json([UInt8])
    /// Fernet (`symmetric_encryption_keys`): only Django has the key.
    case encrypted
    /// The reason, for the log.
    case refused(String)

    /// - Parameter limit: bytes of the JSON.
    package init(_ payload: [UInt8], limit: Int) {
        switch payload.first ?? 0 {
        case 0x80...0x8F, 0xDE, 0xDF:
            do throws(MessagePackError) {
                self = ChannelsMessage.checked(try MessagePackReader.json(payload, limit: limit), limit: limit)
            } catch {
                self = .refused("no MessagePack that JSON could say: \(error)")
            }
        case UInt8(ascii: "{"):
            self = ChannelsMessage.checked(payload, limit: limit)
        default:
            let isFernet = payload.starts(with: "gAAAA".utf8)
            self = isFernet ? .encrypted : .refused("neither a MessagePack map nor a JSON object")
        }
    }

    /// As strict as with any other publisher: two members of one name, say, are no JSON to us.
    private static func checked(_ json: [UInt8], limit: Int) -> ChannelsMessage {
        guard json.count <= limit else { return .refused("\(json.count) bytes; at most \(limit)") }
        do throws(JSONError) {
            try JSONScanner.validate(json, limits: JSONLimits(depth: 64))
            return .json(json)
        } catch {
            return .refused("no JSON value: \(error)")
        }
    }
}

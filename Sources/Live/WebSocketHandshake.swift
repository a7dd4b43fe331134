// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Crypto
internal import Foundation

/// The server's part of RFC 6455 §4.2: which upgrade is well-formed, and what it is answered.
package enum WebSocketHandshake {
    package enum Refusal: Error, Sendable, Hashable {
        /// No `Sec-WebSocket-Key`, or not 16 bytes of base64: 400.
        case badKey
        /// Only version 13 is spoken: 426 with `Sec-WebSocket-Version: 13`.
        case badVersion
    }

    private static let guid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

    /// The fields as they came; the caller has checked `Upgrade` and `Connection`.
    package static func validate(key: ArraySlice<UInt8>?, version: ArraySlice<UInt8>?) throws(Refusal) {
        guard let version, version.elementsEqual("13".utf8) else { throw .badVersion }
        guard let key, key.count == 24, let decoded = Data(base64Encoded: Data(key)), decoded.count == 16 else {
            throw .badKey
        }
    }

    /// `Sec-WebSocket-Accept`. SHA-1 is what the protocol asks for; nothing secret rests on it.
    package static func accept(key: ArraySlice<UInt8>) -> String {
        var hash = Insecure.SHA1()
        hash.update(data: key)
        hash.update(data: Array(guid.utf8))
        return Data(hash.finalize()).base64EncodedString()
    }
}

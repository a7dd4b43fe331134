// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import HTTPMessages
internal import NIOCore

/// Who is at the far end of a chain of trusted proxies: `X-Forwarded-For`, walked from the right, each hop believed only as
/// far as the one that told of it is trusted (proxy.md §6). Pure.
enum ForwardedFor {
    /// Hops looked at; a longer chain is nobody's honest set-up.
    private static let longestChain = 32

    /// - Parameters:
    ///   - peer: the connection's own address, already trusted.
    ///   - isTrusted: of an address in network order.
    static func client(of head: MessageHead, peer: ClientAddress, isTrusted: ([UInt8]) -> Bool) -> ClientAddress {
        guard head.count(.xForwardedFor) > 0 else { return peer }
        var nearest = peer
        var hops = 0
        for field in head.fields.reversed() where field.id == .xForwardedFor {
            for entry in head.value(field).split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
                .reversed()
            {
                hops += 1
                guard hops <= Self.longestChain, let address = Self.address(entry),
                    let bytes = AddressRange.bytes(of: address)
                else { return nearest }
                nearest = ClientAddress(address)
                if !isTrusted(bytes) { return nearest }
            }
        }
        return nearest
    }

    /// An address, bare, in brackets, or with a port behind it; `nil` for anything else, such as `unknown`.
    private static func address(_ entry: ArraySlice<UInt8>) -> SocketAddress? {
        var text = String(decoding: entry, as: UTF8.self)[...]
        while let first = text.first, first == " " || first == "\t" { text.removeFirst() }
        while let last = text.last, last == " " || last == "\t" { text.removeLast() }
        if text.hasPrefix("[") {
            guard let close = text.firstIndex(of: "]"), Self.isPort(text[text.index(after: close)...]) else {
                return nil
            }
            text = text[text.index(after: text.startIndex)..<close]
        } else if let colon = text.firstIndex(of: ":"), colon == text.lastIndex(of: ":") {
            guard Self.isPort(text[colon...]) else { return nil }
            text = text[..<colon]
        }
        guard let bytes = AddressRange.bytes(ofAddress: String(text)) else { return nil }
        // Written anew, so that one client has one spelling (`::ffff:192.0.2.1` is `192.0.2.1`).
        return AddressRange.socketAddress(bytes)
    }

    /// Nothing, or a colon and digits.
    private static func isPort(_ text: Substring) -> Bool {
        guard text.first == ":" else { return text.isEmpty }
        return (1...5).contains(text.utf8.count - 1) && text.dropFirst().utf8.allSatisfy { (0x30...0x39).contains($0) }
    }
}

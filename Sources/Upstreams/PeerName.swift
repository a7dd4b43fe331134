// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import NIOCore
internal import NIOSSL
internal import NIOTLS

/// Whether a certificate is for a DNS name: one of its alternative names is it, or stands for it with a wildcard for
/// exactly the first label (RFC 6125 §6.4.3). Pure.
enum PeerName {
    static func isNamed(_ name: String, by alternatives: [[UInt8]]) -> Bool {
        let wanted = Self.normal(Array(name.utf8))
        let parent = wanted.firstIndex(of: UInt8(ascii: ".")).map { wanted[$0...] }
        return alternatives.contains { alternative in
            let alternative = Self.normal(alternative)
            if alternative == wanted { return true }
            guard let parent, alternative.first == UInt8(ascii: "*") else { return false }
            return alternative.dropFirst().elementsEqual(parent)
        }
    }

    /// Lower case, without a final dot.
    private static func normal(_ name: [UInt8]) -> [UInt8] {
        let lower = name.map { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) ? $0 | 0x20 : $0 }
        return lower.last == UInt8(ascii: ".") ? Array(lower.dropLast()) : lower
    }
}

/// Stands behind the TLS handler of a connection that asked for a name, and lets nothing on before the certificate was
/// seen to hold it. Of itself the TLS handler also takes one that holds the address connected to, whatever the name.
final class PeerNameHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    struct Mismatch: Error, CustomStringConvertible {
        let name: String
        var description: String { "the certificate is not for \(self.name)" }
    }

    private let name: String

    init(_ name: String) { self.name = name }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard case .handshakeCompleted? = event as? TLSUserEvent else {
            return context.fireUserInboundEventTriggered(event)
        }
        guard PeerName.isNamed(self.name, by: Self.alternatives(context)) else {
            context.fireErrorCaught(Mismatch(name: self.name))
            return context.close(promise: nil)
        }
        context.fireUserInboundEventTriggered(event)
    }

    /// DNS names of the peer's certificate; none without a certificate.
    private static func alternatives(_ context: ChannelHandlerContext) -> [[UInt8]] {
        // Without a TLS handler there is no certificate either.
        let handler = try? context.pipeline.syncOperations.handler(type: NIOSSLClientHandler.self)
        guard let certificate = handler?.peerCertificate else { return [] }
        return certificate._subjectAlternativeNames().filter { $0.nameType == .dnsName }.map { Array($0.contents) }
    }
}

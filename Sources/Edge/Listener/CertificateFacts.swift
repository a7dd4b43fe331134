// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

package import Foundation
internal import NIOSSL
internal import SwiftASN1
internal import X509

/// What a leaf certificate says about itself: for whom and until when.
package struct CertificateFacts: Sendable, Hashable {
    /// The PEM file.
    package var path: String
    package var notBefore: Date
    package var notAfter: Date
    /// Lower case; IP addresses as text. `*.` stands for one label.
    package var names: [String]

    package init(path: String, notBefore: Date, notAfter: Date, names: [String]) {
        self.path = path
        self.notBefore = notBefore
        self.notAfter = notAfter
        self.names = names
    }

    init(path: String, leaf: NIOSSLCertificate) {
        self.init(
            path: path,
            notBefore: Date(timeIntervalSince1970: TimeInterval(leaf.notValidBefore)),
            notAfter: Date(timeIntervalSince1970: TimeInterval(leaf.notValidAfter)),
            names: Self.names(of: leaf)
        )
    }

    /// Of pairs that would serve: opened, parsed and compared.
    package static func read(_ files: [EdgeSettings.CertificateFiles]) throws -> [CertificateFacts] {
        try TLSMaterial.load(files).certificates
    }

    /// Why nobody would accept it at `now`; `nil`: its dates are fine.
    package func problem(now: Date) -> String? {
        if self.notAfter <= now { return "\(self.path) expired on \(self.notAfter.ISO8601Format())" }
        if self.notBefore > now { return "\(self.path) is not valid before \(self.notBefore.ISO8601Format())" }
        return nil
    }

    /// Whether a client that asked for `host` would accept it (RFC 6125 §6.4.3: a wildcard is one whole label).
    package func covers(_ host: String) -> Bool {
        let host = host.lowercased().trimmingCharacters(in: CharacterSet(charactersIn: "[]"))
        return self.names.contains { name in
            if name == host { return true }
            guard name.hasPrefix("*."), let dot = host.firstIndex(of: "."), dot != host.startIndex else { return false }
            return host[dot...] == name.dropFirst()
        }
    }

    /// One that cannot be read names nobody: it serves, and `covers` says no.
    private static func names(of leaf: NIOSSLCertificate) -> [String] {
        guard let bytes = try? leaf.toDERBytes(), let certificate = try? Certificate(derEncoded: bytes),
            let names = try? certificate.extensions.subjectAlternativeNames
        else { return [] }
        return names.compactMap { name in
            switch name {
            case .dnsName(let text): text.lowercased()
            case .ipAddress(let address): Self.text(ofAddress: Array(address.bytes))
            default: nil
            }
        }
    }

    private static func text(ofAddress bytes: [UInt8]) -> String? {
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        let family = bytes.count == 4 ? AF_INET : AF_INET6
        guard bytes.count == 4 || bytes.count == 16,
            inet_ntop(family, bytes, &text, socklen_t(text.count)) != nil
        else { return nil }
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

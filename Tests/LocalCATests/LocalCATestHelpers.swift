// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Crypto
internal import Foundation
internal import LocalCA
internal import SwiftASN1
internal import X509

/// A path below the system's temporary folder that does not exist yet, removed at the end.
final class TemporaryFolder: Sendable {
    let path = NSTemporaryDirectory() + "gatecast-certs-" + UUID().uuidString

    deinit { try? FileManager.default.removeItem(atPath: path) }  // It may never have been made.
}

/// What another tool could have left in the folder.
struct ForeignPair {
    let certificate: String
    let key: String

    init() throws {
        let key = Certificate.PrivateKey(P256.Signing.PrivateKey())
        let name = try DistinguishedName { CommonName("localhost") }
        let certificate = try Certificate(
            version: .v3,
            serialNumber: .init(),
            publicKey: key.publicKey,
            notValidBefore: Date(timeIntervalSince1970: 1_760_000_000),
            notValidAfter: Date(timeIntervalSince1970: 1_790_000_000),
            issuer: name,
            subject: name,
            extensions: .init(),
            issuerPrivateKey: key
        )
        self.certificate = try certificate.serializeAsPEM().pemString
        self.key = try key.serializeAsPEM().pemString
    }
}

/// A leaf that `LocalCA` would never issue, made with its key.
enum ForgedLeaf {
    static func write(for host: String, over files: LocalCertificates, authorityKey: String) throws {
        let authority = try Certificate(pemEncoded: String(contentsOfFile: files.caPath, encoding: .utf8))
        let signer = try Certificate.PrivateKey(pemEncoded: String(contentsOfFile: authorityKey, encoding: .utf8))
        let key = Certificate.PrivateKey(P256.Signing.PrivateKey())
        let leaf = try Certificate(
            version: .v3,
            serialNumber: .init(),
            publicKey: key.publicKey,
            notValidBefore: Date(timeIntervalSinceNow: -60),
            notValidAfter: Date(timeIntervalSinceNow: 3600),
            issuer: authority.subject,
            subject: try DistinguishedName { CommonName(host) },
            extensions: try Certificate.Extensions {
                Critical(BasicConstraints.notCertificateAuthority)
                try ExtendedKeyUsage([.serverAuth])
                SubjectAlternativeNames([.dnsName(host)])
            },
            issuerPrivateKey: signer
        )
        try leaf.serializeAsPEM().pemString.write(toFile: files.certificatePath, atomically: true, encoding: .utf8)
        try key.serializeAsPEM().pemString.write(toFile: files.keyPath, atomically: true, encoding: .utf8)
    }
}

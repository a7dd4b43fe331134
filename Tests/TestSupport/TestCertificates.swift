// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Crypto
package import Foundation
package import NIOSSL
internal import SwiftASN1
internal import X509

/// An authority and a leaf made for one run; no key lies in the repository. The leaf is for `localhost`, `127.0.0.1` and
/// `::1` unless told otherwise.
package struct TestCertificates: Sendable {
    package let caPEM: String
    /// The leaf, then the authority.
    package let certificatePEM: String
    package let keyPEM: String

    /// Shared by every test that does not ask for something special: making one costs a few signatures.
    package static let shared: TestCertificates = {
        do {
            return try TestCertificates()
        } catch {
            fatalError("cannot make certificates for this run: \(error)")
        }
    }()

    package init(
        names: [String] = ["localhost"],
        addresses: [[UInt8]] = [[127, 0, 0, 1], [UInt8](repeating: 0, count: 15) + [1]],
        now: Date = Date(),
        lifetime: TimeInterval = 86_400
    ) throws {
        let caKey = Certificate.PrivateKey(P256.Signing.PrivateKey())
        let leafKey = Certificate.PrivateKey(P256.Signing.PrivateKey())
        let caName = try DistinguishedName { CommonName("Gatecast tests \(UInt32.random(in: 0 ... .max))") }
        let start = Date(timeIntervalSince1970: now.timeIntervalSince1970.rounded(.down) - 3600)
        let end = start.addingTimeInterval(3600 + lifetime)
        let ca = try Certificate(
            version: .v3,
            serialNumber: .init(),
            publicKey: caKey.publicKey,
            notValidBefore: start,
            notValidAfter: end,
            issuer: caName,
            subject: caName,
            extensions: try Certificate.Extensions {
                Critical(BasicConstraints.isCertificateAuthority(maxPathLength: 0))
                Critical(KeyUsage(keyCertSign: true))
                SubjectKeyIdentifier(hash: caKey.publicKey)
            },
            issuerPrivateKey: caKey
        )
        let alternativeNames =
            names.map(GeneralName.dnsName)
            + addresses.map { .ipAddress(ASN1OctetString(contentBytes: $0[...])) }
        let leaf = try Certificate(
            version: .v3,
            serialNumber: .init(),
            publicKey: leafKey.publicKey,
            notValidBefore: start,
            notValidAfter: end,
            issuer: caName,
            subject: try DistinguishedName { CommonName(names.first ?? "leaf") },
            extensions: try Certificate.Extensions {
                Critical(BasicConstraints.notCertificateAuthority)
                Critical(KeyUsage(digitalSignature: true))
                try ExtendedKeyUsage([.serverAuth])
                SubjectAlternativeNames(alternativeNames)
                AuthorityKeyIdentifier(keyIdentifier: SubjectKeyIdentifier(hash: caKey.publicKey).keyIdentifier)
            },
            issuerPrivateKey: caKey
        )
        caPEM = try ca.serializeAsPEM().pemString + "\n"
        certificatePEM = try leaf.serializeAsPEM().pemString + "\n" + caPEM
        keyPEM = try leafKey.serializeAsPEM().pemString + "\n"
    }

    /// A server's side of TLS, offering `protocols` by ALPN.
    package func serverConfiguration(protocols: [String] = []) throws -> TLSConfiguration {
        let chain = try NIOSSLCertificate.fromPEMBytes(Array(certificatePEM.utf8))
        let key = try NIOSSLPrivateKey(bytes: Array(keyPEM.utf8), format: .pem)
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) },
            privateKey: .privateKey(key)
        )
        configuration.applicationProtocols = protocols
        return configuration
    }

    /// A client that trusts this authority and no other, and verifies names.
    package func clientConfiguration(protocols: [String] = []) throws -> TLSConfiguration {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(Array(caPEM.utf8)))
        configuration.applicationProtocols = protocols
        return configuration
    }

    package func serverContext(protocols: [String] = []) throws -> NIOSSLContext {
        try NIOSSLContext(configuration: serverConfiguration(protocols: protocols))
    }

    package func clientContext(protocols: [String] = []) throws -> NIOSSLContext {
        try NIOSSLContext(configuration: clientConfiguration(protocols: protocols))
    }

    /// Writes `ca.pem`, `localhost.pem` and `localhost-key.pem` for programs that want files; the key is 0600.
    package func write(to directory: String) throws {
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        try caPEM.write(toFile: directory + "/ca.pem", atomically: true, encoding: .utf8)
        try certificatePEM.write(toFile: directory + "/localhost.pem", atomically: true, encoding: .utf8)
        let keyFile = directory + "/localhost-key.pem"
        try keyPEM.write(toFile: keyFile, atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes(
            [.posixPermissions: NSNumber(value: 0o600 as UInt16)],
            ofItemAtPath: keyFile
        )
    }
}

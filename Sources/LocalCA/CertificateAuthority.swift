// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Crypto
internal import Foundation
internal import SwiftASN1
internal import X509

/// A private authority for development, which vouches for this machine's own names only.
package struct CertificateAuthority {
    let certificate: Certificate
    private let key: Certificate.PrivateKey

    /// In the subject of everything we make; how our own files are told from somebody else's.
    static let organization = "Gatecast local development"
    private static let lifetime: TimeInterval = 3650 * 86_400
    /// Certificates start a little in the past, for clocks that are a little behind.
    private static let backdating: TimeInterval = 3600

    init(certificate: Certificate, key: Certificate.PrivateKey) {
        self.certificate = certificate
        self.key = key
    }

    /// A new authority: P-256, ten years, limited by a critical name constraint (RFC 5280 §4.2.1.10) to `localhost` and
    /// names below it; it cannot make further authorities.
    ///
    /// Addresses are left to `LocalHost`: a constraint on them would bind others too, but BoringSSL, and with it every
    /// client on NIOSSL, knows no such constraint and refuses any certificate with an address below it
    /// (`X509_V_ERR_UNSUPPORTED_CONSTRAINT_TYPE`). So the key could vouch for an address that is not ours: it is 0600.
    init(createdAt now: Date) throws {
        let key = Certificate.PrivateKey(P256.Signing.PrivateKey())
        let start = Self.seconds(now.addingTimeInterval(-Self.backdating))
        let serial = Certificate.SerialNumber()
        // A part of the serial in the name tells two authorities apart in a browser's list.
        let tail = serial.bytes.suffix(4).map { String(UInt16($0) | 0x100, radix: 16).dropFirst() }.joined()
        let name = try DistinguishedName {
            OrganizationName(Self.organization)
            CommonName("Gatecast local CA \(tail)")
        }
        let extensions = try Certificate.Extensions {
            Critical(BasicConstraints.isCertificateAuthority(maxPathLength: 0))
            Critical(KeyUsage(keyCertSign: true, cRLSign: true))
            Critical(NameConstraints(permittedDNSDomains: ["localhost"]))
            SubjectKeyIdentifier(hash: key.publicKey)
        }
        self.key = key
        certificate = try Certificate(
            version: .v3,
            serialNumber: serial,
            publicKey: key.publicKey,
            notValidBefore: start,
            notValidAfter: start.addingTimeInterval(Self.lifetime),
            issuer: name,
            subject: name,
            extensions: extensions,
            issuerPrivateKey: key
        )
    }

    func issue(for hosts: Set<LocalHost>, now: Date) throws -> LeafCertificate {
        let leafKey = Certificate.PrivateKey(P256.Signing.PrivateKey())
        let start = max(Self.seconds(now.addingTimeInterval(-Self.backdating)), certificate.notValidBefore)
        let names = hosts.sorted { $0.text < $1.text }.map(\.generalName)
        let extensions = try Certificate.Extensions {
            Critical(BasicConstraints.notCertificateAuthority)
            Critical(KeyUsage(digitalSignature: true))
            try ExtendedKeyUsage([.serverAuth])
            SubjectAlternativeNames(names)
            SubjectKeyIdentifier(hash: leafKey.publicKey)
            AuthorityKeyIdentifier(keyIdentifier: SubjectKeyIdentifier(hash: certificate.publicKey).keyIdentifier)
        }
        let leaf = try Certificate(
            version: .v3,
            serialNumber: .init(),
            publicKey: leafKey.publicKey,
            notValidBefore: start,
            notValidAfter: min(Self.seconds(now.addingTimeInterval(LeafCertificate.lifetime)), end),
            issuer: certificate.subject,
            subject: try DistinguishedName {
                OrganizationName(Self.organization)
                CommonName("localhost")
            },
            extensions: extensions,
            issuerPrivateKey: key
        )
        return LeafCertificate(certificate: leaf, key: leafKey)
    }

    var end: Date { certificate.notValidAfter }

    /// Able to issue at this moment: certificate and key belong together, and it is an authority before its end.
    func isValid(now: Date) -> Bool {
        // Unreadable constraints are no authority's.
        guard case .isCertificateAuthority? = try? certificate.extensions.basicConstraints else { return false }
        return certificate.publicKey == key.publicKey && certificate.notValidBefore <= now && now < end
    }

    func hasIssued(_ leaf: Certificate) -> Bool {
        leaf.issuer == certificate.subject && certificate.publicKey.isValidSignature(leaf.signature, for: leaf)
    }

    func keyPEM() throws -> String { try key.serializeAsPEM().pemString }

    /// X.509 counts whole seconds.
    private static func seconds(_ date: Date) -> Date {
        Date(timeIntervalSince1970: date.timeIntervalSince1970.rounded(.down))
    }
}

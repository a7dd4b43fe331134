// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation
internal import SwiftASN1
internal import X509

/// Reads and writes the four files of a certificate directory.
struct CertificateFiles {
    let ca: String
    let caKey: String
    let certificate: String
    let key: String

    init(directory: String) {
        let folder = directory.isEmpty ? "." : directory.hasSuffix("/") ? String(directory.dropLast()) : directory
        ca = folder + "/ca.pem"
        caKey = folder + "/ca-key.pem"
        certificate = folder + "/localhost.pem"
        key = folder + "/localhost-key.pem"
    }

    func result(created: Bool, authorityCreated: Bool) -> LocalCertificates {
        LocalCertificates(
            caPath: ca,
            certificatePath: certificate,
            keyPath: key,
            created: created,
            authorityCreated: authorityCreated
        )
    }

    /// nil where there is none, or only one past its end. A damaged one is an error: replacing it would silently take
    /// the trust away that somebody gave it.
    func loadAuthority(now: Date) throws(LocalCAError) -> CertificateAuthority? {
        guard let certificateText = try read(ca) else { return nil }
        // Why a file is unreadable does not matter, here and below: what to do about it is the same.
        guard let certificate = try? Certificate(pemEncoded: certificateText) else {
            throw LocalCAError(message: "\(ca) holds no certificate", advice: startOver)
        }
        if certificate.notValidAfter <= now { return nil }
        guard let keyText = try read(caKey) else {
            throw LocalCAError(message: "\(caKey), the key of \(ca), is missing", advice: startOver)
        }
        guard let key = try? Certificate.PrivateKey(pemEncoded: keyText) else {
            throw LocalCAError(message: "\(caKey) holds no private key", advice: startOver)
        }
        let authority = CertificateAuthority(certificate: certificate, key: key)
        guard authority.isValid(now: now) else {
            let early = certificate.notValidBefore > now
            throw LocalCAError(
                message: early ? "\(ca) is valid only in the future" : "\(ca) and \(caKey) are no authority together",
                advice: early ? "Check this machine's clock, or delete both files." : startOver
            )
        }
        try SecureFile.tighten(caKey)
        return authority
    }

    /// nil where there is none that can be read: a leaf of ours is replaced without regret.
    func loadLeafCertificate() throws(LocalCAError) -> Certificate? {
        guard let text = try read(certificate) else { return nil }
        return (try? PEMDocument.parseMultiple(pemString: text).first).flatMap { try? Certificate(pemDocument: $0) }
    }

    /// As above.
    func loadLeafKey() throws(LocalCAError) -> Certificate.PrivateKey? {
        guard let text = try read(key) else { return nil }
        return try? Certificate.PrivateKey(pemEncoded: text)
    }

    func store(_ authority: CertificateAuthority) throws(LocalCAError) {
        let texts = try LocalCAError.wrapping("cannot encode the authority") {
            (try authority.keyPEM(), try authority.certificate.serializeAsPEM().pemString)
        }
        try SecureFile.write(texts.0 + "\n", to: caKey, mode: 0o600)
        try SecureFile.write(texts.1 + "\n", to: ca, mode: 0o644)
    }

    func store(_ leaf: LeafCertificate, from authority: CertificateAuthority) throws(LocalCAError) {
        let texts = try LocalCAError.wrapping("cannot encode the certificate") {
            (
                try leaf.key.serializeAsPEM().pemString,
                try leaf.certificate.serializeAsPEM().pemString,
                try authority.certificate.serializeAsPEM().pemString
            )
        }
        try SecureFile.write(texts.0 + "\n", to: key, mode: 0o600)
        try SecureFile.write(texts.1 + "\n" + texts.2 + "\n", to: certificate, mode: 0o644)
    }

    func tightenKey() throws(LocalCAError) { try SecureFile.tighten(key) }

    private func read(_ path: String) throws(LocalCAError) -> String? { try SecureFile.read(path) }

    private var startOver: String {
        "Restore it from a backup, or delete \(ca) and \(caKey) and run gatecast certs: "
            + "browsers then have to trust the new one."
    }
}

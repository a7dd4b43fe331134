// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Crypto
internal import Foundation
internal import NIOCore
internal import NIOSSL

/// A certificate chain and its private key, opened and parsed, not yet compared.
struct CertificatePair: Sendable {
    let chain: [NIOSSLCertificate]
    let key: NIOSSLPrivateKey
    let facts: CertificateFacts
    /// Of both files' bytes.
    let digest: [UInt8]

    static func open(_ files: EdgeSettings.CertificateFiles) throws(TLSMaterial.Failure) -> CertificatePair {
        let certificateBytes = try Self.read(files.certificate, "a certificate", isAboutKey: false)
        let chain: [NIOSSLCertificate]
        do { chain = try NIOSSLCertificate.fromPEMBytes(certificateBytes) } catch {
            throw .init(message: "cannot read a certificate from \(files.certificate)", isAboutKey: false)
        }
        guard let leaf = chain.first else {
            throw .init(message: "\(files.certificate) holds no certificate", isAboutKey: false)
        }
        let keyBytes = try Self.read(files.key, "a private key", isAboutKey: true)
        let key: NIOSSLPrivateKey
        do { key = try NIOSSLPrivateKey(bytes: keyBytes, format: .pem) } catch {
            throw .init(message: "cannot read a private key from \(files.key)", isAboutKey: true)
        }
        return CertificatePair(
            chain: chain,
            key: key,
            facts: CertificateFacts(path: files.certificate, leaf: leaf),
            digest: Array(SHA256.hash(data: certificateBytes)) + Array(SHA256.hash(data: keyBytes))
        )
    }

    private static func read(_ path: String, _ what: String, isAboutKey: Bool) throws(TLSMaterial.Failure) -> [UInt8] {
        do { return Array(try Data(contentsOf: URL(fileURLWithPath: path))) } catch {
            throw .init(message: "cannot read \(what) from \(path)", isAboutKey: isAboutKey)
        }
    }

    /// - Parameter pairs: those SNI may choose; this one where none fits.
    func configuration(choosingAmong pairs: [CertificatePair]) -> TLSConfiguration {
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: self.sources,
            privateKey: .privateKey(self.key)
        )
        configuration.minimumTLSVersion = .tlsv12
        configuration.cipherSuites = Self.cipherSuites
        configuration.applicationProtocols = ["h2", "http/1.1"]
        guard pairs.count > 1 else { return configuration }
        configuration.sslContextCallback = { hello, promise in
            let name = hello.serverHostname
            guard let pair = pairs.first(where: { pair in name.map(pair.facts.covers) ?? false }) else {
                return promise.succeed(.noChanges)
            }
            var override = NIOSSLContextConfigurationOverride()
            override.certificateChain = pair.sources
            override.privateKey = .privateKey(pair.key)
            promise.succeed(override)
        }
        return configuration
    }

    private var sources: [NIOSSLCertificateSource] { self.chain.map { .certificate($0) } }

    /// Of TLS 1.2: forward secret and authenticated, nothing else (RFC 9325 §4.2; HTTP/2 allows no others, RFC 9113
    /// §9.2.2). All are equally good, so the client chooses by its hardware. TLS 1.3 has its own.
    private static let cipherSuites = [
        "ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384",
        "ECDHE-RSA-AES256-GCM-SHA384", "ECDHE-ECDSA-CHACHA20-POLY1305", "ECDHE-RSA-CHACHA20-POLY1305",
    ].joined(separator: ":")
}

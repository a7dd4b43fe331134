// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import NIOSSL

/// The certificate pair of the public listener as one shared context: building one is slow, sharing one is free.
struct TLSMaterial: Sendable {
    /// What is wrong with a pair, in words for the person who wrote the path.
    struct Failure: Error {
        let message: String
        let isAboutKey: Bool
    }

    let context: NIOSSLContext

    /// Opens, parses and compares the pair; TLS 1.2 and 1.3, ALPN `h2` then `http/1.1`.
    static func load(_ files: EdgeSettings.CertificateFiles) throws(Failure) -> TLSMaterial {
        let chain: [NIOSSLCertificate]
        do { chain = try NIOSSLCertificate.fromPEMFile(files.certificate) } catch {
            throw Failure(message: "cannot read a certificate from \(files.certificate)", isAboutKey: false)
        }
        guard !chain.isEmpty else {
            throw Failure(message: "\(files.certificate) holds no certificate", isAboutKey: false)
        }
        let key: NIOSSLPrivateKey
        do { key = try NIOSSLPrivateKey(file: files.key, format: .pem) } catch {
            throw Failure(message: "cannot read a private key from \(files.key)", isAboutKey: true)
        }
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) },
            privateKey: .privateKey(key)
        )
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = ["h2", "http/1.1"]
        do { return TLSMaterial(context: try NIOSSLContext(configuration: configuration)) } catch {
            // Chain and key parsed one by one: what is left for BoringSSL to refuse is that they do not match.
            throw Failure(message: "\(files.key) is not the key of \(files.certificate)", isAboutKey: true)
        }
    }
}

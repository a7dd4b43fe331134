// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import NIOCore
package import NIOSSL
internal import Settings

/// How connections of one upstream are secured. Chain and name are always verified; TLS 1.2 at least.
package struct UpstreamTLS: Sendable, Hashable {
    /// The authorities to trust in place of the system's.
    private let roots: [NIOSSLCertificate]?
    /// The name to ask for and to find in the certificate; nil: each endpoint's own.
    package let name: String?
    let context: NIOSSLContext

    /// - Parameter roots: nil: what the system trusts.
    package init(roots: [NIOSSLCertificate]? = nil, name: String? = nil) throws {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        configuration.certificateVerification = .fullVerification
        configuration.applicationProtocols = ["http/1.1"]
        if let roots { configuration.trustRoots = .certificates(roots) }
        self.context = try NIOSSLContext(configuration: configuration)
        self.roots = roots
        self.name = name
    }

    /// `{ caFile: certs/ca.pem, name: api.internal }`, each of which may be left out.
    /// - Parameter endpoints: where an error is told that is about no key.
    init(node: SettingsNode?, endpoints: SettingsNode) throws(SettingsError) {
        var roots: [NIOSSLCertificate]?
        var name: String?
        if let node {
            var map = try node.map()
            if let file = map.take("caFile") { roots = try Self.certificates(file) }
            if let nameNode = map.take("name") {
                let text = try nameNode.nonEmptyString()
                guard !Self.isAddress(text) else {
                    throw nameNode.error("is an address", advice: "a DNS name, or https://ADDRESS:PORT without a name")
                }
                name = text
            }
            try map.finish()
        }
        do { try self.init(roots: roots, name: name) } catch {
            throw (node ?? endpoints).error(
                "TLS to these endpoints cannot be set up: \(error)",
                advice: "tls: { caFile: … } with the authorities to trust"
            )
        }
    }

    private static func certificates(_ node: SettingsNode) throws(SettingsError) -> [NIOSSLCertificate] {
        let file = try node.nonEmptyString()
        do { return try NIOSSLCertificate.fromPEMFile(file) } catch {
            throw node.error("\(file) holds no certificates", advice: "a PEM file of the authorities to trust")
        }
    }

    /// What a connection to the endpoint begins with; nothing passes before chain and name have held.
    func addHandlers(for address: ListenAddress, to pipeline: ChannelPipeline.SynchronousOperations) throws {
        let name = self.name ?? (Self.isAddress(address.host) ? nil : address.host)
        try pipeline.addHandler(NIOSSLClientHandler(context: self.context, serverHostname: name))
        // Without a name the certificate must hold the address, which the handler sees to.
        if let name { try pipeline.addHandler(PeerNameHandler(name)) }
    }

    private static func isAddress(_ host: String) -> Bool {
        // Only tells an address from a name.
        (try? SocketAddress(ipAddress: host, port: 0)) != nil
    }

    package static func == (left: UpstreamTLS, right: UpstreamTLS) -> Bool {
        left.roots == right.roots && left.name == right.name
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(self.roots)
        hasher.combine(self.name)
    }
}

// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation
internal import LocalCA
internal import NIOCore
internal import NIOPosix
internal import NIOSSL
internal import Testing

@Suite("The local certificate in a TLS handshake")
struct HandshakeTests {
    @Test(
        "is accepted for this machine's names",
        arguments: ["localhost", "app.localhost", "exact.localhost", "127.0.0.1", "::1"]
    )
    func accepted(_ host: String) async throws {
        #expect(try await Self.handshake(expecting: host))
    }

    @Test(
        "is refused for any other",
        arguments: ["example.org", "localhost.example.org", "a.b.localhost", "127.0.0.3"]
    )
    func refused(_ host: String) async throws {
        await #expect(throws: (any Error).self) { try await Self.handshake(expecting: host) }
    }

    @Test("is refused for a foreign name even if the stolen key of the authority signed it")
    func constrained() async throws {
        let folder = TemporaryFolder()
        let files = try CertificateAuthority.ensure(directory: folder.path, hosts: [], now: Date())
        try ForgedLeaf.write(for: "bank.example", over: files, authorityKey: folder.path + "/ca-key.pem")
        await #expect(throws: (any Error).self) { try await Self.handshake(files, expecting: "bank.example") }
        try ForgedLeaf.write(for: "any.localhost", over: files, authorityKey: folder.path + "/ca-key.pem")
        #expect(try await Self.handshake(files, expecting: "any.localhost"))
    }

    private static func handshake(expecting host: String) async throws -> Bool {
        let folder = TemporaryFolder()
        let files = try CertificateAuthority.ensure(directory: folder.path, hosts: ["exact.localhost"], now: Date())
        return try await handshake(files, expecting: host)
    }

    /// Connects to a server with these files, over loopback, with full verification of chain and name.
    private static func handshake(_ files: LocalCertificates, expecting host: String) async throws -> Bool {
        let chain = try NIOSSLCertificate.fromPEMFile(files.certificatePath)
            .map { NIOSSLCertificateSource.certificate($0) }
        let key = try NIOSSLPrivateKey(file: files.keyPath, format: .pem)
        let server = try NIOSSLContext(
            configuration: .makeServerConfiguration(certificateChain: chain, privateKey: .privateKey(key))
        )
        var trusting = TLSConfiguration.makeClientConfiguration()
        trusting.trustRoots = .file(files.caPath)
        let client = try NIOSSLContext(configuration: trusting)
        // An address is never sent as a server name (RFC 6066 §3): NIOSSL verifies the one it is connected to.
        // It also does so beside a name, hence an address that is not in the certificate where a name is to be tested.
        let isAddress = host.contains(":") || host.allSatisfy { $0.isNumber || $0 == "." }
        let group = MultiThreadedEventLoopGroup.singleton
        let listener = try await ServerBootstrap(group: group)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: server))
                    try channel.pipeline.syncOperations.addHandler(Greeter())
                }
            }
            .bind(host: isAddress ? host : "127.0.0.9", port: 0).get()
        let address = try #require(listener.localAddress)
        let verdict = group.next().makePromise(of: Bool.self)
        let connection = try await ClientBootstrap(group: group)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let handler = try NIOSSLClientHandler(context: client, serverHostname: isAddress ? nil : host)
                    try channel.pipeline.syncOperations.addHandler(handler)
                    try channel.pipeline.syncOperations.addHandler(Listener(verdict))
                }
            }
            .connect(to: address).get()
        let result: Result<Bool, any Error>
        do { result = .success(try await verdict.futureResult.get()) } catch { result = .failure(error) }
        connection.close(mode: .all, promise: nil)
        try await listener.close()
        return try result.get()
    }
}

/// Says one byte, which TLS delivers only after the handshake.
private final class Greeter: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    func channelActive(context: ChannelHandlerContext) {
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: [1])), promise: nil)
        context.fireChannelActive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}

/// Tells whether that byte came.
private final class Listener: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    private var verdict: EventLoopPromise<Bool>?

    init(_ verdict: EventLoopPromise<Bool>) { self.verdict = verdict }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) { finish(.success(true)) }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        finish(.failure(error))
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        finish(.failure(ChannelError.eof))
        context.fireChannelInactive()
    }

    private func finish(_ result: Result<Bool, any Error>) {
        verdict?.completeWith(result)
        verdict = nil
    }
}

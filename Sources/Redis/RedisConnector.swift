// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

package import NIOCore
internal import NIOPosix
internal import NIOSSL

/// Makes connections to one Redis, resolving its name or asking its Sentinels anew each time, and refusing a peer that is
/// no master: a write to a demoted one succeeds and reaches nobody (redis/redis#2942).
package struct RedisConnector: Sendable {
    package let settings: RedisSettings
    private let trust: NIOSSLContext?
    private let query: SentinelQuery?

    /// Loads the TLS trust, which is slow: once per client, not per connection.
    package init(settings: RedisSettings) throws(RedisError) {
        self.settings = settings
        query = settings.sentinels.map { SentinelQuery($0) }
        guard settings.tls else {
            trust = nil
            return
        }
        do {
            var configuration = TLSConfiguration.makeClientConfiguration()
            configuration.minimumTLSVersion = .tlsv12
            if let file = settings.certificateAuthority { configuration.trustRoots = .file(file) }
            trust = try NIOSSLContext(configuration: configuration)
        } catch {
            throw RedisError(.invalid, "TLS to Redis: \(settings.certificateAuthority ?? "system trust"): \(error)")
        }
    }

    package func connect(
        on loop: any EventLoop,
        ofAnyRole: Bool = false
    ) async throws(RedisError) -> RedisConnection {
        let address = try await master(on: loop)
        let connection = try await open(address, on: loop)
        do throws(RedisError) {
            let role = try await greet(connection, at: address)
            guard ofAnyRole || role == "master" else { throw RedisError(.notMaster, "\(address) is a \(role)") }
            return connection
        } catch {
            connection.close()
            throw error
        }
    }

    private func master(on loop: any EventLoop) async throws(RedisError) -> RedisAddress {
        guard let query else { return settings.address }
        return try await query.master { (sentinel, question) async throws(RedisError) -> RESPValue in
            let connection = try await open(sentinel, on: loop)
            defer { connection.close() }
            if let password = settings.sentinels?.password { _ = try await connection.send(["AUTH", .init(password)]) }
            return try await connection.send(question)
        }
    }

    private func open(_ address: RedisAddress, on loop: any EventLoop) async throws(RedisError) -> RedisConnection {
        let (settings, trust) = (settings, trust)
        let bootstrap = ClientBootstrap(group: loop)
            .connectTimeout(TimeAmount(settings.connectTimeout))
        let prepare: @Sendable (any Channel, String?) -> EventLoopFuture<RedisConnection> = { channel, host in
            channel.eventLoop.makeCompletedFuture {
                if let trust, let host {
                    try channel.pipeline.syncOperations.addHandler(Self.encryption(trust, host: host))
                }
                let handler = RedisChannelHandler(settings: settings, loop: channel.eventLoop)
                try channel.pipeline.syncOperations.addHandler(handler)
                let bound = NIOLoopBound(handler, eventLoop: channel.eventLoop)
                return RedisConnection(channel: channel, handler: bound, settings: settings)
            }
        }
        do {
            switch address {
            case .unix(let path):
                return try await bootstrap.connect(unixDomainSocketPath: path) { prepare($0, nil) }
            case .tcp(let host, let port):
                return
                    try await bootstrap
                    .channelOption(.tcpOption(.tcp_nodelay), value: 1)
                    .channelOption(.socketOption(.so_keepalive), value: 1)
                    .connect(host: host, port: port) { prepare($0, host) }
            }
        } catch {
            throw RedisError(.unavailable, "\(address): \(error)")
        }
    }

    private static func encryption(_ trust: NIOSSLContext, host: String) throws -> NIOSSLClientHandler {
        do {
            return try NIOSSLClientHandler(context: trust, serverHostname: host)
        } catch let error as NIOSSLExtraError where error == .cannotUseIPAddressInSNI {
            // An address is no name to ask for; the certificate is then checked against the address itself.
            return try NIOSSLClientHandler(context: trust, serverHostname: nil)
        }
    }

    /// Log in, choose the database, and ask for the role, in one write.
    private func greet(_ connection: RedisConnection, at address: RedisAddress) async throws(RedisError) -> String {
        var commands: [[RedisArgument]] = []
        if let password = settings.password {
            let user = settings.username.map { [RedisArgument($0)] } ?? []
            commands.append(["AUTH"] + user + [RedisArgument(password)])
        }
        if settings.database != 0 { commands.append(["SELECT", RedisArgument(settings.database)]) }
        commands.append(["ROLE"])
        let replies = try await connection.pipeline(commands)
        for reply in replies {
            if case .error(let text) = reply { throw RedisError(.server(text), "\(address)") }
        }
        return replies.last?.array?.first?.string ?? "unknown"
    }
}

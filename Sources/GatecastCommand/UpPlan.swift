// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Edge
internal import Foundation
internal import Gateway
internal import LocalCA
internal import Observability
internal import Redis
internal import ServiceKit
internal import Settings
internal import Tokens
internal import Upstreams

/// What `gatecast up` runs with: folder, keys and certificates made, options laid over a file or over the built-in configuration.
struct UpPlan {
    let folder: DataFolder
    let caPath: String
    /// Enough to open the stores; the services' addresses are not known yet.
    let storeSettings: GatewaySettings
    private let options: Up
    /// nil with `--config`.
    private let builtIn: UpConfiguration?
    private let sessionKey: Secret
    private let adminToken: Secret

    static let certificates = "certs"

    init(options: Up) throws {
        self.options = options
        if let file = options.config {
            var settings = try GatewaySettings.load(file: file, environment: ProcessInfo.processInfo.environment)
            try Self.lay(options, over: &settings)
            folder = DataFolder(path: settings.data)
            try folder.make()
            storeSettings = settings
            builtIn = nil
            caPath = "\(Self.certificates)/ca.pem"
            sessionKey = Secret("")
            adminToken = settings.admin.token ?? Secret("")
            // `publish` and `tail` look here first; the token is the file's own.
            if let token = settings.admin.token { try folder.adminToken.write(token.text) }
        } else {
            folder = DataFolder(path: options.data ?? "var")
            try folder.make()
            sessionKey = try folder.sessionKey.readOrMake()
            adminToken = try folder.adminToken.readOrMake()
            let made = try CertificateAuthority.ensure(directory: Self.certificates, hosts: [], now: Date())
            caPath = made.caPath
            let none = ListenAddress(host: "127.0.0.1", port: 1)
            let configuration = UpConfiguration(
                data: folder.path,
                listen: options.listen ?? "127.0.0.1:8443",
                internalListen: options.internalListen ?? "127.0.0.1:9080",
                admin: options.admin ?? "127.0.0.1:9090",
                redisURL: options.redis ?? "",
                certificatePath: made.certificatePath,
                keyPath: made.keyPath,
                users: none,
                tasks: none,
                notifications: none
            )
            builtIn = configuration
            storeSettings = try configuration.settings(sessionKey: sessionKey, adminToken: adminToken)
        }
    }

    /// - Parameter addresses: of users, tasks and notifications, as they were given.
    func settings(_ addresses: [ListenAddress]) throws -> GatewaySettings {
        guard var configuration = builtIn else { return storeSettings }
        (configuration.users, configuration.tasks, configuration.notifications) = (
            addresses[0], addresses[1], addresses[2]
        )
        return try configuration.settings(sessionKey: sessionKey, adminToken: adminToken)
    }

    /// The same again, from the file as it is now.
    func reread(_ addresses: [ListenAddress]) throws -> GatewaySettings {
        guard let file = options.config else { return try settings(addresses) }
        var settings = try GatewaySettings.load(file: file, environment: ProcessInfo.processInfo.environment)
        try Self.lay(options, over: &settings)
        return settings
    }

    /// Settings of one service inside this process: an ephemeral port, or where the file's upstream points.
    func service(_ name: String, jwks: String?) throws -> ServiceSettings {
        let issuer = storeSettings.issuers.first
        let configured = builtIn == nil ? storeSettings.upstreams.first { $0.name == name }?.endpoints.first : nil
        return ServiceSettings(
            service: name,
            listen: configured ?? ListenAddress(host: "127.0.0.1", port: 0),
            data: storeSettings.data,
            issuer: issuer?.iss ?? UpConfiguration.defaultOrigin,
            audience: issuer?.audience.first ?? "gatecast",
            jwksURL: jwks ?? "",
            collector: storeSettings.tracing.endpoint
        )
    }

    /// By the rules of the file: what a file may not say, no option says either.
    private static func lay(_ options: Up, over settings: inout GatewaySettings) throws(SettingsError) {
        if let data = options.data { settings.data = data }
        if let listen = options.listen {
            settings.edge.publicListen = try address(listen, "--listen", mustBeLoopback: false)
        }
        if let listen = options.internalListen {
            let isOpen = !settings.edge.internalAllowFrom.isEmpty
            settings.edge.internalListen = try address(listen, "--internal", mustBeLoopback: !isOpen)
        }
        if let listen = options.admin { settings.admin.listen = try address(listen, "--admin", mustBeLoopback: true) }
        if let url = options.redis {
            do { settings.redis = try .init(url: url) } catch {
                throw refusal(
                    "--redis",
                    "is no Redis URL: \(error)",
                    "redis://user:password@host:6379/0, rediss://… for TLS"
                )
            }
        }
    }

    private static func address(_ text: String, _ option: String, mustBeLoopback: Bool) throws(SettingsError)
        -> ListenAddress
    {
        let address: ListenAddress
        do { address = try ListenAddress(parsing: text) } catch { throw refusal(option, "\(error)", "127.0.0.1:8443") }
        guard !mustBeLoopback || address.isLoopback else {
            throw refusal(option, "speaks plain HTTP, and \(address.host) is not loopback", "127.0.0.1:\(address.port)")
        }
        return address
    }

    private static func refusal(_ option: String, _ message: String, _ advice: String) -> SettingsError {
        SettingsError(file: "gatecast up", path: option, message: message, advice: advice)
    }
}

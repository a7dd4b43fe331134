// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

package import Settings

/// The admin listener: where it is, who may ask, and the token of everything that changes something.
package struct AdminSettings: Sendable {
    /// Where it listens. Default `127.0.0.1:9090`; a loopback address, since it speaks plain HTTP.
    package var listen: ListenAddress
    /// The bearer of publish, tail, disconnect, connections, sessions. Without one those are refused.
    package var token: Secret?
    /// `Host` names that are answered, ports ignored.
    package var hosts: [String]
    /// Whether `/` is the operator's page. Default yes: it shows nothing without the token. Where not, browsers are refused altogether.
    package var console: Bool

    package static let minimumTokenBytes = 16

    package init(
        listen: ListenAddress,
        token: Secret?,
        hosts: [String] = ["localhost", "127.0.0.1", "::1"],
        console: Bool = true
    ) {
        self.listen = listen
        self.token = token
        self.hosts = hosts
        self.console = console
    }

    /// Takes `admin:`; `listen` is `listen.admin`, decoded by the caller.
    package init(node: SettingsNode?, listen: ListenAddress) throws(SettingsError) {
        self.init(listen: listen, token: nil)
        guard let node else { return }
        var map = try node.map()
        if let tokenNode = map.take("token") {
            let token = try tokenNode.secret()
            guard token.bytes.isEmpty || token.bytes.count >= Self.minimumTokenBytes else {
                throw tokenNode.error(
                    "the admin token has fewer than \(Self.minimumTokenBytes) bytes",
                    advice: "a random one: openssl rand -base64 32"
                )
            }
            self.token = token.bytes.isEmpty ? nil : token
        }
        if let hostsNode = map.take("hosts") {
            var hosts: [String] = []
            for entry in try hostsNode.list() { hosts.append(try entry.string()) }
            self.hosts = hosts
        }
        if let consoleNode = map.take("console") { console = try consoleNode.bool() }
        try map.finish()
    }
}

// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import Foundation
import TestSupport
import Testing

@testable import Edge

@Suite("Tunnels to real servers", .timeLimit(.minutes(5)))
struct PeerTunnelTests {
    /// What Django projects run: a consumer behind Channels' own Origin rule, and one that refuses.
    private static let channels = """
        import django
        from django.conf import settings
        settings.configure(ALLOWED_HOSTS=["localhost"], SECRET_KEY="test", INSTALLED_APPS=[])
        django.setup()
        from channels.generic.websocket import WebsocketConsumer
        from channels.routing import ProtocolTypeRouter, URLRouter
        from channels.security.websocket import AllowedHostsOriginValidator
        from django.urls import path

        class Echo(WebsocketConsumer):
            def connect(self):
                self.accept()
                headers = dict(self.scope["headers"])
                self.send(text_data=headers.get(b"authorization", b"nobody").decode())
            def receive(self, text_data=None, bytes_data=None):
                self.send(text_data="echo " + text_data)
                if text_data == "bye":
                    self.close(code=4321)

        class Refuse(WebsocketConsumer):
            def connect(self):
                self.close()

        application = ProtocolTypeRouter({"websocket": AllowedHostsOriginValidator(URLRouter([
            path("ws/echo", Echo.as_asgi()), path("ws/refused", Refuse.as_asgi()),
        ]))})
        """

    private func channels(
        _ authentication: RouteSettings.Authentication,
        _ body: (EdgeHarness) async throws -> Void
    ) async throws {
        let daphne = try #require(Peer.daphne)
        try await Peer.with(
            daphne,
            file: "app.py",
            source: Self.channels,
            arguments: { ["-b", "127.0.0.1", "-p", "\($0)", "app:application"] }
        ) { address in
            try await EdgeHarness.run(at: address, routes: [TunnelTests.route(authentication)], body)
        }
    }

    private func connect(_ edge: EdgeHarness, _ path: String, _ headers: [(String, String)]) async throws
        -> WebSocketClient
    {
        try await WebSocketClient.connect(
            port: edge.port,
            path: path,
            headers: headers,
            tls: try TestCertificates.shared.clientConfiguration()
        )
    }

    private static let hasDaphne = Peer.daphne != nil

    @Test(
        "Django Channels accepts, echoes, closes with its own code, and sees the session's token",
        .enabled(if: Self.hasDaphne, "daphne is not in .venv: make test installs it where PyPI can be reached")
    )
    func accepts() async throws {
        try await self.channels(.required) { edge in
            let cookie = try await edge.login().dropFirst("Cookie: ".count)
            let client = try await self.connect(
                edge,
                "/ws/echo",
                [("Origin", edge.origin), ("Cookie", String(cookie))]
            )
            #expect(await client.next() == .text("Bearer \(edge.provider.accessToken("ana"))"))
            try await client.send(text: "hello")
            #expect(await client.next() == .text("echo hello"))
            try await client.send(text: "bye")
            #expect(await client.next() == .text("echo bye"))
            guard case .close(let code, _) = await client.next() else {
                Issue.record("no close frame")
                return
            }
            #expect(code == 4_321)
        }
    }

    @Test(
        "A consumer that refuses is relayed, and a session's end reaches the browser as 4005",
        .enabled(if: Self.hasDaphne, "daphne is not in .venv: make test installs it where PyPI can be reached")
    )
    func refuses() async throws {
        try await self.channels(.optional) { edge in
            await #expect(throws: WebSocketClient.Refused(status: 403)) {
                _ = try await self.connect(edge, "/ws/refused", [("Origin", edge.origin)])
            }
            let field = try await edge.login()
            let client = try await self.connect(
                edge,
                "/ws/echo",
                [("Origin", edge.origin), ("Cookie", String(field.dropFirst("Cookie: ".count)))]
            )
            _ = await client.next()
            _ = try await edge.exchange("POST", "/auth/logout", [field, "Sec-Fetch-Site: same-origin"])
            #expect(await client.next() == .close(code: 4_005, reason: "session_ended"))
        }
    }

    /// Node's plain server: it upgrades one path and, like Next's, refuses the other in bare text.
    private static let node = """
        const crypto = require("node:crypto");
        const server = require("node:http").createServer((request, response) => response.end("page"));
        server.on("upgrade", (request, socket) => {
            if (request.url !== "/ws/hmr") return socket.end("Unauthorized");
            const accept = crypto.createHash("sha1")
                .update(request.headers["sec-websocket-key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")
                .digest("base64");
            const text = Buffer.from(request.headers.host + " " + request.headers.origin);
            socket.write("HTTP/1.1 101 Switching Protocols\\r\\nUpgrade: websocket\\r\\nConnection: Upgrade\\r\\n"
                + `Sec-WebSocket-Accept: ${accept}\\r\\n\\r\\n`);
            socket.write(Buffer.concat([Buffer.from([0x81, text.length]), text]));
            socket.once("data", () => socket.end(Buffer.from([0x88, 2, 3, 232])));
        });
        server.listen(Number(process.argv[2]), "127.0.0.1");
        """

    @Test("Node upgrades, and its bare-text refusal is 502", .enabled(if: Peer.node != nil, "node is not installed"))
    func node() async throws {
        let node = try #require(Peer.node)
        try await Peer.with(node, file: "server.cjs", source: Self.node, arguments: { ["server.cjs", "\($0)"] }) {
            address in
            try await EdgeHarness.run(at: address, routes: [TunnelTests.route()]) { edge in
                let client = try await self.connect(edge, "/ws/hmr", [("Origin", edge.origin)])
                #expect(await client.next() == .text("\(edge.host) \(edge.origin)"))
                try await client.send(text: "x")
                #expect(await client.next() == .close(code: 1_000, reason: ""))
                await #expect(throws: WebSocketClient.Refused(status: 502)) {
                    _ = try await self.connect(edge, "/ws/other", [("Origin", edge.origin)])
                }
            }
        }
    }
}

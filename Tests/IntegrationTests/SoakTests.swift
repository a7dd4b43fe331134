// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation
internal import NIOSSL
internal import StrictJSON
internal import TestSupport
internal import Testing

/// Reloads under load, good ones and bad ones, and clients that come and go: nothing fails, nothing is left. `make soak` runs it for as long as it is told.
@Suite("A soak of reloads and reconnects", .timeLimit(.minutes(60)))
struct SoakTests {
    private static let environment = ProcessInfo.processInfo.environment
    private static let rounds = environment["GATECAST_SOAK_ROUNDS"].flatMap(Int.init) ?? 10
    private static let sockets = environment["GATECAST_SOAK_SOCKETS"].flatMap(Int.init) ?? 40

    @Test("The configuration changes under requests and open WebSockets: no failure, no socket dropped")
    func reloads() async throws {
        let gateway = try await LoneGateway.start()
        let load = Load(
            port: gateway.publicPort,
            authority: "localhost:8443",
            caPath: gateway.folder.path + "/certs/ca.pem",
            path: "/api/",
            body: "hello"
        )
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.trustRoots = .file(gateway.folder.path + "/certs/ca.pem")
        var sockets: [WebSocketClient] = []
        for _ in 0..<Self.sockets {
            let socket = try await WebSocketClient.connect(
                port: gateway.publicPort,
                path: "/live?anonymous=1&topic=status",
                headers: [("Host", "localhost:8443"), ("Origin", "https://localhost:8443")],
                tls: tls
            )
            guard case .text(let hello) = await socket.next() else { throw Dropped() }
            #expect(hello.contains("hello"))
            sockets.append(socket)
        }

        var applied = 0
        for round in 0..<Self.rounds {
            let before = load.answered
            let isGood = round % 3 != 2
            try gateway.configure(
                routes: isGood
                    ? "- { prefix: /api/, upstream: app, auth: none, body: \(round + 1)KiB }"
                    : ["- { prefix: /api/, upstream: app }", "[", ""][round / 3 % 3]
            )
            let answer = try await gateway.admin("POST", "/reload")
            #expect(answer.status == (isGood ? 200 : 422), "\(answer.body)")
            if answer.status == 200 { applied += 1 }
            try await eventually { load.answered > before + 20 }
        }
        #expect(applied > 0)
        let event = "{\"topic\":\"status\",\"data\":{\"round\":\(Self.rounds)}}"
        let published = try await PlainHTTP.send(
            "POST",
            port: gateway.adminPort,
            "/publish",
            json: event,
            bearer: LoneGateway.adminToken
        )
        #expect(published.status == 200, "\(published.body)")
        // Each one is still there and hears it; anything else that came is a close.
        for socket in sockets {
            guard case .text(let text) = await socket.next() else { throw Dropped() }
            #expect(text.contains("\"round\""))
        }
        let failures = await load.stop()
        #expect(failures.isEmpty, "\(failures.count) of \(load.answered): \(failures.prefix(3))")
        #expect(load.unsent == 0)
        for socket in sockets { await socket.cut() }
        #expect(await gateway.end() == 0)
    }

    @Test(
        "Clients that come, go and are cut off, over and over, leave no descriptor behind; in `make soak` no memory either"
    )
    func reconnects() async throws {
        let gateway = try await LoneGateway.start(settings: "limits: { connectionsPerAddress: 0 }")
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.trustRoots = .file(gateway.folder.path + "/certs/ca.pem")
        func round() async throws {
            var sockets: [WebSocketClient] = []
            for number in 0..<Self.sockets {
                let socket = try await WebSocketClient.connect(
                    port: gateway.publicPort,
                    path: "/live?anonymous=1&topic=status",
                    headers: [("Host", "localhost:8443"), ("Origin", "https://localhost:8443")],
                    tls: tls
                )
                // Some leave before they are greeted.
                if number % 4 != 0 { _ = await socket.next() }
                sockets.append(socket)
            }
            for socket in sockets { await socket.cut() }
            let left = try await eventualValue {
                try await gateway.metric("gatecast_live_connections{transport=\"websocket\"}") == 0 ? 0 : nil
            }
            #expect(left == 0)
        }
        func descriptors() throws -> Int {
            try FileManager.default.contentsOfDirectory(atPath: "/proc/\(gateway.process.pid)/fd").count
        }
        for _ in 0..<3 { try await round() }
        var (before, memory) = (try descriptors(), try Self.residentKiB(gateway.process.pid))
        for number in 0..<Self.rounds {
            try await round()
            // Half of the way is for pools to fill.
            if number == Self.rounds / 2 {
                (before, memory) = (try descriptors(), try Self.residentKiB(gateway.process.pid))
            }
        }
        try await eventually { try descriptors() <= before + 4 }
        let growth = try Self.residentKiB(gateway.process.pid) - memory
        if Self.environment["GATECAST_SOAK_ROUNDS"] != nil {
            print(
                "soak: \(Self.rounds) rounds of \(Self.sockets) sockets, \(growth) KiB more in the second half, \(try descriptors()) descriptors"
            )
            #expect(growth < 8 * 1024)
        }
        #expect(await gateway.end() == 0)
    }

    private static func residentKiB(_ pid: Int32) throws -> Int {
        let status = try String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") }
        return line.flatMap { Int($0.filter(\.isNumber)) } ?? 0
    }

    private struct Dropped: Error {}
}

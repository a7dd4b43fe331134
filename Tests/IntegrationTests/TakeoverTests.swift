// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation
internal import StrictJSON
internal import TestSupport
internal import Testing

/// Real processes over TLS: one gateway follows another on the same sockets.
@Suite("Taking the sockets over", .timeLimit(.minutes(5)))
struct TakeoverTests {
    @Test("Three successors in a row under load: no request fails, and each predecessor ends with 0")
    func underLoad() async throws {
        let gateway = try await LoneGateway.start(settings: "limits:    { drain: 5s }")
        let load = Load(
            port: gateway.publicPort,
            authority: "localhost:8443",
            caPath: gateway.folder.path + "/certs/ca.pem",
            path: "/api/",
            body: "hello"
        )
        var process = gateway.process
        for _ in 0..<3 {
            let before = load.answered
            try await eventually { load.answered > before + 50 }
            let successor = try LoneGateway.process(in: gateway.folder, ["--takeover"])
            #expect(try await successor.port(of: "public") == gateway.publicPort)
            #expect(try await successor.port(of: "internal") == gateway.internalPort)
            // It drains by itself, at its ease: nobody sends a signal.
            #expect(await process.ended() == 0)
            _ = try await successor.port(of: "admin")
            process = successor
        }
        let before = load.answered
        try await eventually { load.answered > before + 50 }
        let failures = await load.stop()
        #expect(failures.isEmpty, "\(failures.count) of \(load.answered): \(failures.prefix(3))")
        // Two streams use HTTP/2: at most each one's request of the moment, at each takeover.
        #expect(load.unsent <= 6)
        #expect(await process.end() == 0)
        await gateway.end()
    }

    @Test("A successor that does not come up takes nothing away")
    func failedSuccessor() async throws {
        let gateway = try await LoneGateway.start()
        // It gets the sockets and then ends: its admin token is too short to start with.
        let point = gateway.folder.path + "/var/takeover.sock"
        try await eventually { FileManager.default.fileExists(atPath: point) }
        let caller = try await CommandRun.run(
            "/usr/bin/python3",
            [
                "-c",
                """
                import socket, array
                s = socket.socket(socket.AF_UNIX); s.connect("\(point)"); s.send(b"takeover 1\\n")
                line, control, _, _ = s.recvmsg(128, socket.CMSG_SPACE(16))
                print(line.decode().strip(), len(array.array("i", control[0][2])))
                """,
            ],
            in: gateway.folder.path
        )
        #expect(caller.output == "public internal 2\n", "\(caller.errors)")
        _ = try await gateway.logged("the other process did not become ready; this one serves on")
        #expect(try await gateway.browser().send("GET", "/api/").status == 200)
        let mode = try FileManager.default.attributesOfItem(atPath: point)[.posixPermissions] as? Int
        #expect(mode == 0o600)
        #expect(await gateway.end() == 0)
        #expect(!FileManager.default.fileExists(atPath: point))
    }

    @Test("With nobody to take over from it starts as ever; with a log file of its own it says why it cannot")
    func alone() async throws {
        let gateway = try await LoneGateway.start(arguments: ["--takeover"])
        #expect(try await gateway.browser().send("GET", "/api/").status == 200)
        #expect(await gateway.end() == 0)

        let text = LoneGateway.text(upstream: 1).replacing(
            "live:      {",
            with: "live:      { log: { file: var/live.sqlite },"
        )
        try gateway.folder.write("gatecast.yaml", text)
        let refused = try await CommandRun.run(
            "gatecast",
            ["serve", "--takeover", "--config", "gatecast.yaml"],
            environment: ["GATECAST_ADMIN_TOKEN": LoneGateway.adminToken],
            in: gateway.folder.path
        )
        #expect(refused.code == 78)
        #expect(refused.errors.contains("two run for a while"))
    }

    @Test("Sockets passed by a supervisor are served, by name, and keep what waits in their queue")
    func supervisor() async throws {
        let folder = try ScratchFolder()
        try TestCertificates.shared.write(to: folder.path + "/certs")
        let upstream = try await FakeUpstream.answering("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")
        try folder.write("gatecast.yaml", LoneGateway.text(upstream: upstream.port))
        // What systemd does: sockets at 3 and 4, three variables, exec.
        try folder.write(
            "supervise.py",
            """
            import os, socket, sys
            held = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
            print("port", held[0].getsockname()[1], file=sys.stderr, flush=True)
            for place, held_socket in zip((30, 31), held): os.dup2(held_socket.fileno(), place)
            os.dup2(30, 4); os.dup2(31, 3); os.set_inheritable(3, True); os.set_inheritable(4, True)
            os.environ.update(LISTEN_FDS="2", LISTEN_FDNAMES="internal:public", LISTEN_PID=str(os.getpid()))
            os.execv(sys.argv[1], sys.argv[1:])
            """
        )
        let process = try ProductProcess(
            executable: "/usr/bin/python3",
            ["supervise.py", ProductProcess.folder + "/gatecast", "serve", "--config", "gatecast.yaml"],
            environment: ["GATECAST_ADMIN_TOKEN": LoneGateway.adminToken],
            in: folder.path
        )
        let port = try await process.port(of: "public")
        #expect(process.logText.contains("port \(port)"))
        let browser = Browser(port: port, authority: "localhost:8443", caPath: folder.path + "/certs/ca.pem")
        #expect(try await browser.send("GET", "/api/").status == 200)
        #expect(await process.end() == 0)
        await upstream.stop()
    }
}

// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation
internal import StrictJSON
internal import TestSupport
internal import Testing

/// `examples/django/run` as its README says: DRF, simplejwt, Channels and Celery, untouched, behind a gateway.
@Suite(
    "The Django example",
    .enabled(if: DjangoExample.isAvailable && RedisProcess.isAvailable),
    .timeLimit(.minutes(5))
)
struct DjangoExampleTests {
    @Test("Log in by cookie, tasks by DRF, and every way to the browser: XADD, group_send, publish, a Celery task")
    func journey() async throws {
        let example = try await DjangoExample.start()
        let browser = example.browser()
        #expect(try await browser.send("GET", "/api/tasks/").status == 401)
        #expect(try await browser.send("POST", "/api/token/", json: DjangoExample.ana).status == 404)
        let login = try await browser.send("POST", "/auth/login", json: DjangoExample.ana)
        #expect(login.status == 200, "\(login.body)\n\(example.said)")

        var frames = try await LiveFrames.open(browser)
        let made = try await browser.send("POST", "/api/tasks/", json: #"{"title":"Tea"}"#)
        #expect(made.status == 201, "\(made.body)")
        let id = try #require(made.json?["id"]?.integer)
        let created = try await frames.nextEvent()
        #expect(created["topic"] == "user.1")
        #expect(created["data"] == ["type": "task.created", "id": .integer(id), "title": "Tea"])
        #expect(created["id"]?.string != nil)

        #expect(try await browser.send("PATCH", "/api/tasks/\(id)", json: #"{"done":true}"#).status == 200)
        let changed = try await frames.nextEvent()
        #expect(changed["data"]?["event"] == "task.changed")
        #expect(changed["data"]?["data"] == ["id": .integer(id), "done": true])
        #expect(changed["id"] == nil)

        #expect(try await browser.send("POST", "/api/tasks/typing/").status == 204)
        #expect(try await frames.nextEvent()["data"] == ["type": "typing"])

        // What Celery says while nobody listens is there afterwards.
        let cursor = frames.cursor
        await frames.socket.cut()
        #expect(try await browser.send("POST", "/api/tasks/summary/").status == 202)
        var again = try await LiveFrames.open(browser, since: cursor)
        #expect(try await again.nextEvent()["data"] == ["type": "task.summary", "open": 0, "done": 1])

        #expect(try await browser.send("POST", "/auth/logout").status == 204)
        #expect(try await browser.send("GET", "/api/tasks/").status == 401)
        await again.socket.cut()
        #expect(await example.end() == 0, "\(example.said)")
    }
}

/// The example's own script, on ports of its own.
private final class DjangoExample: Sendable {
    static let ana = #"{"username":"ana","password":"correct horse battery"}"#
    private static let environment = "\(PageServer.root)/.venv/example"

    /// `make test` installs the packages.
    static let isAvailable = FileManager.default.fileExists(atPath: "\(environment)/stamp")

    private let folder: ScratchFolder
    private let process: ProductProcess
    private let port: Int
    var said: String { process.logText }

    static func start() async throws -> DjangoExample {
        let ports = try (0..<4).map { _ in try FreePort.find() }
        let folder = try ScratchFolder()
        try TestCertificates.shared.write(to: folder.path + "/certs")
        let process = try ProductProcess(
            executable: "\(PageServer.root)/examples/django/run",
            [],
            environment: [
                "GATECAST_BIN": ProductProcess.folder, "VENV": environment, "DATA": "\(folder.path)/data",
                "CERTS": "\(folder.path)/certs", "PUBLIC_PORT": "\(ports[0])", "ADMIN_PORT": "\(ports[1])",
                "DJANGO_PORT": "\(ports[2])", "REDIS_PORT": "\(ports[3])", "HOME": folder.path,
            ],
            in: folder.path
        )
        _ = try await process.port(of: "public")
        let admin = try await process.port(of: "admin")
        try await eventually {
            guard try await PlainHTTP.send("GET", port: admin, "/readyz").status == 200 else { return false }
            let answer = try? await PlainHTTP.send("GET", port: ports[2], "/api/tasks/")  // nobody there yet
            return answer != nil
        }
        return DjangoExample(folder, process, ports[0])
    }

    private init(_ folder: ScratchFolder, _ process: ProductProcess, _ port: Int) {
        (self.folder, self.process, self.port) = (folder, process, port)
    }

    func browser() -> Browser {
        Browser(port: port, authority: "localhost:\(port)", caPath: "\(folder.path)/certs/ca.pem")
    }

    func end() async -> Int32 { await process.end() }
}

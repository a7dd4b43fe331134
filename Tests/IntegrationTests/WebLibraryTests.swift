// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation
internal import TestSupport
internal import Testing

/// `web-proxy/lib` under Node's own test runner, and its types under the compiler.
@Suite("The JavaScript of front ends", .enabled(if: PageServer.isAvailable), .timeLimit(.minutes(5)))
struct WebLibraryTests {
    private static let compiler = "/usr/bin/tsc"
    private static let folder = "\(PageServer.root)/web-proxy/lib"

    @Test("Its own tests pass", arguments: ["live", "server"])
    func tests(_ part: String) async throws {
        let run = try await CommandRun.run(
            PageServer.node ?? "node",
            ["--test", "\(Self.folder)/\(part)/\(part).test.js"],
            in: Self.folder
        )
        #expect(run.code == 0, "\(run.output)\n\(run.errors)")
    }

    @Test("Its types are what they say", .enabled(if: FileManager.default.isExecutableFile(atPath: compiler)))
    func types() async throws {
        let run = try await CommandRun.run(
            Self.compiler,
            [
                "--noEmit", "--strict", "--target", "es2022", "--lib", "es2022,dom,dom.iterable", "--module",
                "nodenext",
                "--moduleResolution", "nodenext",
                "\(Self.folder)/live/types.test.ts",
            ],
            in: Self.folder
        )
        #expect(run.code == 0, "\(run.output)\n\(run.errors)")
    }

    @Test("The gateway serves this very client")
    func served() async throws {
        let folder = try ScratchFolder()
        let product = try ProductProcess("gatecast", UpTests.arguments, in: folder.path)
        let port = try await product.port(of: "public")
        let browser = Browser(port: port, authority: "localhost:\(port)", caPath: "\(folder.path)/certs/ca.pem")
        let answer = try await browser.send("GET", "/live.js")
        #expect(answer.status == 200)
        #expect(answer.body == (try String(contentsOfFile: "\(Self.folder)/live/live.js", encoding: .utf8)))
        #expect(await product.end() == 0)
    }
}

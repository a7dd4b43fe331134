// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation
internal import TestSupport
internal import Testing

/// `gatecast certs` with the real tools, in a home and below a root of the test's own.
@Suite("gatecast certs")
struct CertsTests {
    private let folder: ScratchFolder
    private var root: String { "\(folder.path)/root" }
    private static let certutil = "/usr/bin/certutil"
    private static let hasTools = ["/usr/bin/certutil", "/usr/sbin/update-ca-certificates"].allSatisfy {
        FileManager.default.isExecutableFile(atPath: $0)
    }

    init() throws {
        folder = try ScratchFolder()
        for path in ["usr/local/share/ca-certificates", "usr/share/ca-certificates", "etc/ssl/certs"] {
            try FileManager.default.createDirectory(atPath: "\(root)/\(path)", withIntermediateDirectories: true)
        }
        try folder.write("root/etc/ca-certificates.conf", "")
    }

    private func certs(_ arguments: String..., path: String = "/usr/bin:/bin") async throws -> CommandRun {
        try await CommandRun.run(
            "gatecast",
            ["certs"] + arguments,
            environment: ["HOME": folder.path, "PATH": path],
            in: folder.path
        )
    }

    private func text(_ path: String) throws -> String {
        try String(contentsOfFile: "\(folder.path)/\(path)", encoding: .utf8)
    }

    /// Names and trust flags of a database.
    private func listing(_ database: String) async throws -> String {
        try await CommandRun.run(Self.certutil, ["-d", "sql:\(database)", "-L"], in: folder.path).output
    }

    private func bundled() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: "\(root)/etc/ssl/certs").filter {
            $0.hasPrefix("gatecast-")
        }
    }

    @Test(
        "Trusted by system and browsers, once however often it is asked, and taken back whole",
        .enabled(if: hasTools)
    )
    func trust() async throws {
        let (chromium, firefox) = ("\(folder.path)/.pki/nssdb", "\(folder.path)/.mozilla/firefox/a.default")
        try FileManager.default.createDirectory(atPath: firefox, withIntermediateDirectories: true)
        let made = try await CommandRun.run(
            Self.certutil,
            ["-d", "sql:\(firefox)", "-N", "--empty-password"],
            in: folder.path
        )
        #expect(made.code == 0, "\(made.errors)")

        // Somebody else's authority, which stays.
        #expect(try await certs("--directory", "other").code == 0)
        let other = try text("other/ca.pem")
        try folder.write("root/usr/local/share/ca-certificates/other.crt", other)

        let first = try await certs("--trust", "--root", root)
        #expect(first.code == 0, "\(first.output)\(first.errors)")
        for line in [
            "made: ", "trusted: this system\n", "trusted: Chromium and Chrome\n",
            "trusted: Firefox, profile a.default\n",
        ] {
            #expect(first.output.contains(line), "\(first.output)")
        }
        #expect(first.output.contains("NODE_EXTRA_CA_CERTS=\(folder.path)/certs/ca.pem"))
        let link = try #require(try bundled().first)
        let authority = try text("certs/ca.pem")
        #expect(try text("root/etc/ssl/certs/\(link)") == authority)
        #expect(try text("root/etc/ssl/certs/ca-certificates.crt").contains(authority))
        let name = String(link.dropLast(4))
        for database in [chromium, firefox] {
            #expect(try await listing(database).contains(try Regex("\(name) +C,,")), "\(database)")
            // What a browser asks: is this good for signing servers?
            let judged = try await CommandRun.run(
                Self.certutil,
                ["-d", "sql:\(database)", "-V", "-n", name, "-u", "L"],
                in: folder.path
            )
            #expect(judged.code == 0, "\(judged.output)\(judged.errors)")
        }

        let again = try await certs("--trust", "--root", root)
        #expect(again.code == 0, "\(again.errors)")
        #expect(again.output.contains("kept: "))
        #expect(again.output.components(separatedBy: "trusted already: ").count == 4, "\(again.output)")

        let back = try await certs("--untrust", "--root", root)
        #expect(back.code == 0, "\(back.errors)")
        #expect(back.output.components(separatedBy: "no longer trusted: ").count == 4, "\(back.output)")
        #expect(try bundled().isEmpty)
        let bundle = try text("root/etc/ssl/certs/ca-certificates.crt")
        #expect(bundle.contains(other) && !bundle.contains(authority))
        for database in [chromium, firefox] { #expect(try await !listing(database).contains("gatecast-")) }
        let nothing = try await certs("--untrust", "--root", root)
        #expect(nothing.code == 0)
        #expect(nothing.output.components(separatedBy: "was not trusted: ").count == 4, "\(nothing.output)")
        #expect(try text("certs/ca.pem") == authority)
    }

    @Test("A trust that somebody took away in the browser is given again", .enabled(if: hasTools))
    func healed() async throws {
        let database = "\(folder.path)/.pki/nssdb"
        #expect(try await certs("--trust", "--root", root).code == 0)
        let name = String(try #require(try bundled().first).dropLast(4))
        let taken = try await CommandRun.run(
            Self.certutil,
            ["-d", "sql:\(database)", "-M", "-t", ",,", "-n", name],
            in: folder.path
        )
        #expect(taken.code == 0)
        #expect(try await !listing(database).contains("C,,"))
        #expect(try await certs("--trust", "--root", root).code == 0)
        #expect(try await listing(database).contains("C,,"))
    }

    @Test("A missing tool is named with the package that brings it, and the other stores are done all the same")
    func missingTool() async throws {
        let tools = "\(folder.path)/tools"
        try FileManager.default.createDirectory(atPath: tools, withIntermediateDirectories: true)
        // Everything but certutil; administrators' tools are found wherever PATH points.
        for tool in ["install", "rm"] {
            try FileManager.default.createSymbolicLink(
                atPath: "\(tools)/\(tool)",
                withDestinationPath: "/usr/bin/\(tool)"
            )
        }
        try folder.write("tools/update-ca-certificates", "#!/bin/sh\necho updated >\"\(folder.path)/updated\"\n")
        try FileManager.default.setAttributes(
            [.posixPermissions: 0o755],
            ofItemAtPath: "\(tools)/update-ca-certificates"
        )
        let run = try await certs("--trust", "--root", root, path: tools)
        #expect(run.code == 1)
        #expect(run.output.contains("trusted: this system\n"), "\(run.output)")
        #expect(run.output.contains("failed: Chromium and Chrome: certutil is not installed"), "\(run.output)")
        #expect(run.output.contains("apt-get install libnss3-tools"))
        #expect(try text("updated") == "updated\n")
    }

    @Test("A system without a known store, and an authority that is not there, are told")
    func nothingToTrust() async throws {
        let none = try await certs("--untrust")
        #expect(none.code == 1)
        #expect(none.errors.contains("there is no certs/ca.pem. Run gatecast certs first"), "\(none.errors)")
        let bare = try await certs("--trust", "--root", "\(folder.path)/bare")
        #expect(bare.code == 1)
        #expect(bare.output.contains("this system has no trust store that is known here"), "\(bare.output)")
        let both = try await certs("--trust", "--untrust")
        #expect(both.code == 64)
    }

    @Test("The authority's key and the leaf's are their owner's alone, also when somebody opened them")
    func permissions() async throws {
        #expect(try await certs().code == 0)
        let keys = ["ca-key.pem", "localhost-key.pem"].map { "\(folder.path)/certs/\($0)" }
        for key in keys {
            try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: key)
        }
        #expect(try await certs().code == 0)
        for key in keys {
            let mode = try FileManager.default.attributesOfItem(atPath: key)[.posixPermissions] as? NSNumber
            #expect(mode?.intValue == 0o600, "\(key)")
        }
    }

    @Test("The printed lines name the authority as the stores do")
    func advice() async throws {
        #expect(try await certs().code == 0)
        let run = try await certs("trust")
        #expect(run.code == 0)
        #expect(
            run.output.contains(try Regex("-n gatecast-[0-9a-f]{8} -i \(folder.path)/certs/ca.pem")),
            "\(run.output)"
        )
        for line in [
            "curl --cacert ", "export NODE_EXTRA_CA_CERTS=", "export SSL_CERT_FILE=", "security add-trusted-cert",
        ] {
            #expect(run.output.contains(line))
        }
    }
}

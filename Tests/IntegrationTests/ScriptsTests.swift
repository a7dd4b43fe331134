// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation
internal import Testing

/// What `make up` says where something is missing: the scripts behind it, with tools that fail as the real ones do.
@Suite("The first five minutes")
struct ScriptsTests {
    private let folder: ScratchFolder

    init() throws {
        folder = try ScratchFolder()
        try FileManager.default.createDirectory(atPath: "\(folder.path)/bin", withIntermediateDirectories: true)
        for tool in [
            "sh", "cat", "cut", "date", "dirname", "grep", "head", "mkdir", "mktemp", "rm", "sort", "tail", "tee",
            "awk",
        ] {
            try FileManager.default.createSymbolicLink(
                atPath: "\(folder.path)/bin/\(tool)",
                withDestinationPath: "/usr/bin/\(tool)"
            )
        }
    }

    /// A program of the given name that runs `script`.
    private func pretend(_ name: String, _ script: String) throws {
        try folder.write("bin/\(name)", "#!/bin/sh\n\(script)\n")
        try FileManager.default.setAttributes(
            [.posixPermissions: 0o755],
            ofItemAtPath: "\(folder.path)/bin/\(name)"
        )
    }

    private func packages(_ names: String...) async throws -> CommandRun {
        try await CommandRun.run(
            "/bin/sh",
            ["\(PageServer.root)/scripts/packages"] + names,
            environment: ["PATH": "\(folder.path)/bin", "TMPDIR": folder.path],
            in: folder.path
        )
    }

    @Test("Nothing is asked for where nothing is missing")
    func installed() async throws {
        try pretend("dpkg-query", "printf installed")
        let run = try await packages("libssl-dev")
        #expect(run.code == 0)
        #expect(run.output.isEmpty && run.errors.isEmpty)
    }

    @Test("Who is not root and has no sudo is given the line for root")
    func noRoot() async throws {
        try pretend("dpkg-query", "exit 1")
        try pretend("apt-get", "exit 100")
        try pretend("id", "echo 1000")
        let run = try await packages("libssl-dev", "libhiredis-dev")
        #expect(run.code == 1)
        #expect(run.errors.contains("Run as root: apt-get install libssl-dev libhiredis-dev"), "\(run.errors)")
    }

    @Test("A system without apt-get is told which packages it has to find")
    func noDebian() async throws {
        let run = try await packages("libssl-dev")
        #expect(run.code == 1)
        #expect(run.errors.contains("these packages are missing: libssl-dev"), "\(run.errors)")
    }

    @Test(
        "What apt-get complains of is said in words that help",
        arguments: [
            ("Temporary failure resolving 'deb.debian.org'", "is there a network"),
            ("E: Could not get lock /var/lib/dpkg/lock-frontend", "another package manager is at work"),
            ("E: Unable to locate package libssl-dev", "they are Debian 12's"),
            ("sudo: a password is required", "Run as root: apt-get install libssl-dev"),
            ("E: something else", "could not install libssl-dev"),
        ]
    )
    func complaints(_ complaint: String, _ words: String) async throws {
        try pretend("dpkg-query", "exit 1")
        try pretend("id", "echo 1000")
        try pretend("apt-get", "exit 0")
        // What it would do to the system is not done.
        try pretend("sudo", "[ \"$1\" != apt-get ] || { echo \"\(complaint)\" >&2; exit 100; }; exit 0")
        let run = try await packages("libssl-dev")
        #expect(run.code == 1)
        #expect(run.errors.contains(words), "\(run.errors)")
        #expect(run.errors.contains(complaint))
    }

    private func build() async throws -> CommandRun {
        // In a copy, since it writes below the folder it is in.
        try FileManager.default.createDirectory(atPath: "\(folder.path)/scripts", withIntermediateDirectories: true)
        try FileManager.default.copyItem(
            atPath: "\(PageServer.root)/scripts/build",
            toPath: "\(folder.path)/scripts/build"
        )
        return try await CommandRun.run(
            "/bin/sh",
            ["\(folder.path)/scripts/build", "--product", "gatecast"],
            environment: ["PATH": "\(folder.path)/bin", "TMPDIR": folder.path],
            in: folder.path
        )
    }

    @Test("Without swift it says which, and where it is to be had")
    func noSwift() async throws {
        let run = try await build()
        #expect(run.code == 1)
        #expect(run.errors.contains("https://www.swift.org/install/linux/"), "\(run.errors)")
    }

    @Test("A build that succeeds says little; one that fails shows its errors and what is likely the matter")
    func builds() async throws {
        try pretend("swift", "echo \"$@\" >\"\(folder.path)/asked\"; echo '[1/2] Compiling A'; echo '[2/2] Linking'")
        let good = try await build()
        #expect(good.code == 0, "\(good.errors)")
        #expect(good.output.hasPrefix("Built in "), "\(good.output)")
        #expect(try String(contentsOfFile: "\(folder.path)/asked", encoding: .utf8) == "build --product gatecast\n")
    }

    @Test(
        "What usually goes wrong in a build is said in words",
        arguments: [
            ("error: Failed to clone repository https://github.com/apple/swift-nio", "is there a network"),
            ("error: write: No space left on device", "the disk is full"),
            ("error: compile command failed due to signal 9", "want of memory"),
            ("error: package 'x' is using Swift tools version 6.3.0 but the installed version is 5.9", "too old"),
            ("a.swift:1:1: error: cannot find 'x' in scope", "the build failed"),
        ]
    )
    func buildFailures(_ complaint: String, _ words: String) async throws {
        try pretend("swift", "echo '[1/2] Compiling A'; echo \"\(complaint)\" >&2; exit 1")
        let run = try await build()
        #expect(run.code == 1)
        #expect(run.errors.contains(complaint), "\(run.errors)")
        #expect(run.errors.contains(words), "\(run.errors)")
    }
}

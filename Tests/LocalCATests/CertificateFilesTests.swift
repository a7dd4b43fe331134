// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation
internal import LocalCA
internal import SwiftASN1
internal import Testing
internal import X509

@Suite("gatecast certs")
struct CertificateFilesTests {
    private let now = Date(timeIntervalSince1970: 1_767_000_000)
    private let folder = TemporaryFolder()

    private func ensure(_ hosts: [String] = [], day: Double = 0) throws -> LocalCertificates {
        try CertificateAuthority.ensure(directory: folder.path, hosts: hosts, now: now.addingTimeInterval(day * 86_400))
    }

    private func text(_ name: String) throws -> String {
        try String(contentsOfFile: "\(folder.path)/\(name)", encoding: .utf8)
    }

    private func leaf() throws -> Certificate {
        let first = try #require(try text("localhost.pem").split(separator: "-----END").first)
        return try Certificate(pemEncoded: first + "-----END CERTIFICATE-----\n")
    }

    @Test("makes an authority and a leaf, with keys for the owner's eyes only")
    func create() throws {
        let files = try ensure()
        #expect(files.created && files.authorityCreated)
        #expect(files.caPath == folder.path + "/ca.pem")
        #expect(files.certificatePath == folder.path + "/localhost.pem")
        #expect(files.keyPath == folder.path + "/localhost-key.pem")
        for key in ["ca-key.pem", "localhost-key.pem"] {
            let mode = try FileManager.default.attributesOfItem(atPath: "\(folder.path)/\(key)")[.posixPermissions]
            #expect((mode as? NSNumber)?.intValue == 0o600)
        }
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
        #expect(names == ["ca-key.pem", "ca.pem", "localhost-key.pem", "localhost.pem"])
        let ca = try Certificate(pemEncoded: try text("ca.pem"))
        #expect(ca.notValidAfter.timeIntervalSince(now) > 3649 * 86_400)
        #expect(try Array(#require(try ca.extensions.nameConstraints).permittedDNSDomains) == ["localhost"])
        #expect(ca.extensions[oid: .X509ExtensionID.nameConstraints]?.critical == true)
        #expect(try leaf().notValidAfter == now.addingTimeInterval(90 * 86_400))
        let count = try text("localhost.pem").components(separatedBy: "BEGIN CERTIFICATE").count - 1
        #expect(count == 2)
    }

    @Test("changes nothing while everything is valid")
    func reuse() throws {
        _ = try ensure()
        let before = try (text("ca.pem"), text("ca-key.pem"), text("localhost.pem"), text("localhost-key.pem"))
        let files = try ensure(day: 59)
        #expect(!files.created && !files.authorityCreated)
        let after = try (text("ca.pem"), text("ca-key.pem"), text("localhost.pem"), text("localhost-key.pem"))
        #expect(before == after)
    }

    @Test("renews the leaf, never the authority, when fewer than 30 days remain")
    func renew() throws {
        _ = try ensure()
        let (ca, old) = try (text("ca.pem"), leaf())
        let files = try ensure(day: 61)
        #expect(files.created && !files.authorityCreated)
        #expect(try text("ca.pem") == ca)
        #expect(try leaf().notValidAfter > old.notValidAfter)
    }

    @Test("adds a host, and keeps it ever after")
    func hosts() throws {
        _ = try ensure()
        #expect(try ensure(["App.localhost", "127.0.0.2"]).created)
        #expect(try !ensure(["app.localhost"]).created)
        #expect(try !ensure().created)
        #expect(try ensure(day: 80).created)
        let names = try #require(try leaf().extensions.subjectAlternativeNames)
        #expect(names.contains(.dnsName("app.localhost")))
        #expect(names.contains(.dnsName("*.localhost")))
        #expect(names.count == 6)
    }

    @Test(
        "refuses names that a stolen key could harm",
        arguments: ["example.org", "10.0.0.1", "localhost.example.org", "::2", "", "-.localhost"]
    )
    func foreign(_ host: String) {
        #expect { try ensure([host]) } throws: { "\($0)".contains("limited to localhost") }
        #expect(!FileManager.default.fileExists(atPath: folder.path + "/ca.pem"))
    }

    @Test("makes a new authority when the old one has ended")
    func expired() throws {
        _ = try ensure()
        let files = try ensure(day: 3651)
        #expect(files.created && files.authorityCreated)
        #expect(try leaf().notValidAfter > now.addingTimeInterval(3651 * 86_400))
    }

    @Test("never lets a leaf outlive its authority")
    func lastDays() throws {
        _ = try ensure()
        #expect(try ensure(day: 3640).created)
        let ca = try Certificate(pemEncoded: try text("ca.pem"))
        #expect(try leaf().notValidAfter == ca.notValidAfter)
        #expect(try !ensure(day: 3641).created)
    }

    @Test("says what to do about a damaged authority, and does not replace it", arguments: ["ca.pem", "ca-key.pem"])
    func damaged(_ name: String) throws {
        _ = try ensure()
        try "rubbish".write(toFile: "\(folder.path)/\(name)", atomically: true, encoding: .utf8)
        #expect { try ensure() } throws: { "\($0)".contains("delete") && "\($0)".contains(name) }
        #expect(try text(name) == "rubbish")
        try FileManager.default.removeItem(atPath: "\(folder.path)/ca-key.pem")
        #expect(throws: LocalCAError.self) { try ensure() }
    }

    @Test("replaces a damaged leaf without a word", arguments: ["localhost.pem", "localhost-key.pem"])
    func damagedLeaf(_ name: String) throws {
        _ = try ensure()
        try "rubbish".write(toFile: "\(folder.path)/\(name)", atomically: true, encoding: .utf8)
        #expect(try ensure().created)
        #expect(try !ensure().created)
    }

    @Test("does not overwrite somebody else's certificate")
    func notOurs() throws {
        let theirs = try ForeignPair()
        try FileManager.default.createDirectory(atPath: folder.path, withIntermediateDirectories: true)
        try theirs.certificate.write(toFile: folder.path + "/localhost.pem", atomically: true, encoding: .utf8)
        try theirs.key.write(toFile: folder.path + "/localhost-key.pem", atomically: true, encoding: .utf8)
        #expect { try ensure() } throws: { "\($0)".contains("was not made by gatecast") }
        try FileManager.default.removeItem(atPath: folder.path + "/localhost-key.pem")
        #expect(throws: LocalCAError.self) { try ensure() }
        #expect(try text("localhost.pem") == theirs.certificate)
    }

    @Test("closes a key that others may read")
    func tighten() throws {
        let files = try ensure()
        try FileManager.default.setAttributes(
            [.posixPermissions: NSNumber(value: 0o644 as UInt16)],
            ofItemAtPath: files.keyPath
        )
        _ = try ensure()
        let mode = try FileManager.default.attributesOfItem(atPath: files.keyPath)[.posixPermissions]
        #expect((mode as? NSNumber)?.intValue == 0o600)
    }

    @Test("is safe when many start at once")
    func concurrently() async throws {
        let results = try await withThrowingTaskGroup(of: LocalCertificates.self) { group in
            for _ in 0..<8 {
                group.addTask { [folder, now] in
                    try CertificateAuthority.ensure(directory: folder.path, hosts: [], now: now)
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(results.count { $0.authorityCreated } == 1)
        #expect(results.count { $0.created } == 1)
    }

    @Test("names the file when it cannot write")
    func unwritable() throws {
        try "a file, not a folder".write(toFile: folder.path, atomically: true, encoding: .utf8)
        #expect { try ensure() } throws: { "\($0)".contains(folder.path) && "\($0)".contains("--directory") }
    }
}

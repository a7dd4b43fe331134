// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import Crypto
import Foundation
import SwiftASN1
import Testing

@testable import LocalCA

@Suite("The authority as trust stores know it")
struct TrustAnchorTests {
    @Test("Its name is of its certificate: two authorities never meet under one, and it stays the same")
    func name() throws {
        let (one, other) = (TemporaryFolder(), TemporaryFolder())
        let first = try CertificateAuthority.ensure(directory: one.path, now: Date())
        let second = try CertificateAuthority.ensure(directory: other.path, now: Date())
        let anchor = try TrustAnchor(caPath: first.caPath)
        #expect(try TrustAnchor(caPath: first.caPath) == anchor)
        #expect(try TrustAnchor(caPath: second.caPath).name != anchor.name)
        let der = try PEMDocument(pemString: String(contentsOfFile: first.caPath, encoding: .utf8)).derBytes
        let digest = SHA256.hash(data: der).map { String(format: "%02x", $0) }.joined()
        #expect(anchor.name == "gatecast-\(digest.prefix(8))")
        #expect(anchor.path.hasPrefix("/"))
    }

    @Test("The same certificate is known again however a tool breaks its lines")
    func same() throws {
        let folder = TemporaryFolder()
        let made = try CertificateAuthority.ensure(directory: folder.path, now: Date())
        let anchor = try TrustAnchor(caPath: made.caPath)
        let text = try String(contentsOfFile: made.caPath, encoding: .utf8)
        #expect(anchor.isSame(as: text.replacing("\n", with: "\r\n") + "\n\n"))
        #expect(!anchor.isSame(as: text.replacing("A", with: "B")))
        #expect(!anchor.isSame(as: ""))
    }

    @Test("A missing file and one that is no certificate are told, with what to do")
    func refused() throws {
        let folder = TemporaryFolder()
        let missing = #expect(throws: LocalCAError.self) { try TrustAnchor(caPath: "\(folder.path)/ca.pem") }
        #expect(missing?.advice.contains("gatecast certs") == true)
        let made = try CertificateAuthority.ensure(directory: folder.path, now: Date())
        try "no certificate".write(toFile: made.caPath, atomically: true, encoding: .utf8)
        let broken = #expect(throws: LocalCAError.self) { try TrustAnchor(caPath: made.caPath) }
        #expect(broken?.message.contains("holds no certificate") == true)
    }

    @Test("Firefox profiles are found wherever a package keeps them, and only those with a database")
    func profiles() throws {
        let home = TemporaryFolder()
        for path in [
            ".mozilla/firefox/a.default/cert9.db", ".mozilla/firefox/Crash Reports/x",
            "snap/firefox/common/.mozilla/firefox/b.default/cert9.db", "snap/chromium/current/.pki/nssdb/cert9.db",
        ] {
            let file = URL(fileURLWithPath: "\(home.path)/\(path)")
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(),
                withIntermediateDirectories: true
            )
            try Data().write(to: file)
        }
        let found = NSSDatabase.all(home: home.path).map { $0.path.dropFirst(home.path.count + 1) }
        #expect(
            found == [
                ".pki/nssdb", "snap/chromium/current/.pki/nssdb", ".mozilla/firefox/a.default",
                "snap/firefox/common/.mozilla/firefox/b.default",
            ]
        )
    }
}

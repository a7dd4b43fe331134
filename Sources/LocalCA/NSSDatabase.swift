// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation

/// A certificate database of NSS, in which Chromium and Firefox on Linux look. Changed by `certutil`.
package struct NSSDatabase: TrustStore {
    package let title: String
    /// Its folder.
    package let path: String

    /// Chromium's, whether it is there yet or not, and that of every Firefox profile below `home`, packaged as deb, snap or flatpak.
    package static func all(home: String) -> [NSSDatabase] {
        let chromium = [".pki/nssdb", "snap/chromium/current/.pki/nssdb"].filter {
            $0 == ".pki/nssdb" || exists("\(home)/\($0)")
        }
        let firefox = [
            ".mozilla/firefox", "snap/firefox/common/.mozilla/firefox", ".var/app/org.mozilla.firefox/.mozilla/firefox",
            ".config/mozilla/firefox",
        ]
        return chromium.map { NSSDatabase(title: "Chromium and Chrome", path: "\(home)/\($0)") }
            + firefox.flatMap { profiles(in: "\(home)/\($0)") }
    }

    private static func profiles(in folder: String) -> [NSSDatabase] {
        // No such folder: no Firefox of this kind.
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.sorted().filter { exists("\(folder)/\($0)/cert9.db") }
            .map { NSSDatabase(title: "Firefox, profile \($0)", path: "\(folder)/\($0)") }
    }

    private static func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }

    package func trust(_ anchor: TrustAnchor) throws(LocalCAError) -> TrustChange {
        let certutil = try tool()
        try make(with: certutil)
        if let present = try certificate(anchor.name, with: certutil), anchor.isSame(as: present) {
            // Somebody may have taken the trust away and left the certificate.
            try run(certutil, ["-M", "-t", "C,,", "-n", anchor.name])
            return .none
        }
        try run(certutil, ["-A", "-t", "C,,", "-n", anchor.name, "-i", anchor.path])
        return .made
    }

    package func untrust(_ anchor: TrustAnchor) throws(LocalCAError) -> TrustChange {
        guard Self.exists("\(path)/cert9.db") else { return .none }
        let certutil = try tool()
        guard try certificate(anchor.name, with: certutil) != nil else { return .none }
        try run(certutil, ["-D", "-n", anchor.name])
        return .made
    }

    private func tool() throws(LocalCAError) -> Tool {
        guard let tool = Tool("certutil") else {
            throw LocalCAError(
                message: "certutil is not installed, which Chromium and Firefox are told by",
                advice: "Debian, Ubuntu: sudo apt-get install libnss3-tools; Fedora: sudo dnf install nss-tools; "
                    + "Arch: sudo pacman -S nss. Then run this again."
            )
        }
        return tool
    }

    /// Chromium makes its own at its first start; before that we do, the same way: without a password.
    private func make(with certutil: Tool) throws(LocalCAError) {
        guard !Self.exists("\(path)/cert9.db") else { return }
        do {
            try FileManager.default.createDirectory(
                atPath: path,
                withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o700]
            )
        } catch {
            throw LocalCAError(message: "cannot make \(path)", advice: "Run this as the user whose browser it is.")
        }
        try run(certutil, ["-N", "--empty-password"])
    }

    /// Its text, nil where there is none of that name.
    private func certificate(_ name: String, with certutil: Tool) throws(LocalCAError) -> String? {
        let result = try certutil.run(["-d", "sql:\(path)", "-L", "-n", name, "-a"])
        return result.code == 0 ? result.output : nil
    }

    private func run(_ certutil: Tool, _ arguments: [String]) throws(LocalCAError) {
        let result = try certutil.run(["-d", "sql:\(path)"] + arguments)
        guard result.code == 0 else {
            throw LocalCAError(
                message: "certutil did not change \(path): \(result.complaint)",
                advice: "Close the browser and try again. Where it has a primary password, import ca.pem by hand: "
                    + "Settings, Privacy & Security, Certificates, Authorities."
            )
        }
    }
}

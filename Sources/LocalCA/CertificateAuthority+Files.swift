// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

package import Foundation
internal import X509

extension CertificateAuthority {
    /// Makes what is missing in `directory`, reuses what is valid, renews the leaf when fewer than 30 days remain or a
    /// host is new to it. Hosts that the present leaf has stay in the next one. A valid authority is never replaced.
    ///
    /// Safe to call from several processes at a time. The key is written before the certificate that belongs to it, each
    /// atomically: a reader in between sees a pair that does not match, never half a file.
    ///
    /// - Parameter hosts: names besides `localhost`, `*.localhost`, `127.0.0.1` and `::1`.
    package static func ensure(
        directory: String,
        hosts: [String] = [],
        now: Date
    ) throws(LocalCAError) -> LocalCertificates {
        var wanted = Set(LocalHost.always)
        for host in hosts { wanted.insert(try LocalHost(host)) }
        let files = CertificateFiles(directory: directory)
        let lock = try DirectoryLock(directory)
        defer { lock.release() }

        let present = try files.loadLeafCertificate()
        if let present, !present.subject.isOurs {
            throw LocalCAError(
                message: "\(files.certificate) was not made by gatecast",
                advice: "Move it and \(files.key) elsewhere and name them under tls: in gatecast.yaml, or delete them."
            )
        }
        var authorityCreated = false
        let authority: CertificateAuthority
        if let existing = try files.loadAuthority(now: now) {
            authority = existing
        } else {
            authority = try LocalCAError.wrapping("cannot make an authority") {
                try CertificateAuthority(createdAt: now)
            }
            try files.store(authority)
            authorityCreated = true
        }

        let old = LeafCertificate(certificate: present, key: try files.loadLeafKey())
        if let old, old.isGood(for: wanted, from: authority, now: now) {
            try files.tightenKey()
            return files.result(created: authorityCreated, authorityCreated: authorityCreated)
        }
        wanted.formUnion(present?.localHosts ?? [])
        let leaf = try LocalCAError.wrapping("cannot make a certificate") { try authority.issue(for: wanted, now: now) }
        try files.store(leaf, from: authority)
        return files.result(created: true, authorityCreated: authorityCreated)
    }
}

extension DistinguishedName {
    fileprivate var isOurs: Bool {
        flatMap { $0 }.contains {
            $0.type == .RDNAttributeType.organizationName && "\($0.value)" == CertificateAuthority.organization
        }
    }
}

extension LocalCAError {
    static func wrapping<Value>(_ what: String, _ body: () throws -> Value) throws(LocalCAError) -> Value {
        do {
            return try body()
        } catch {
            throw LocalCAError(message: "\(what): \(error)", advice: "This is a defect of gatecast; please report it.")
        }
    }
}

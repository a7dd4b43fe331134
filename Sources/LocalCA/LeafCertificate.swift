// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Crypto
internal import Foundation
internal import X509

/// The certificate that the gateway presents, with its key.
struct LeafCertificate {
    let certificate: Certificate
    let key: Certificate.PrivateKey

    /// Browsers refuse longer ones sooner or later; a short life also keeps renewal in practice.
    static let lifetime: TimeInterval = 90 * 86_400
    static let renewBefore: TimeInterval = 30 * 86_400

    /// Fit to be presented for some time to come. An authority near its own end cannot give more than it has.
    func isGood(for wanted: Set<LocalHost>, from authority: CertificateAuthority, now: Date) -> Bool {
        let end = certificate.notValidAfter
        return certificate.publicKey == key.publicKey
            && authority.hasIssued(certificate)
            && certificate.notValidBefore <= now
            && (end.timeIntervalSince(now) >= Self.renewBefore || end >= authority.end && end > now)
            && certificate.localHosts.isSuperset(of: wanted)
    }
}

extension LeafCertificate {
    /// nil unless both halves are there.
    init?(certificate: Certificate?, key: Certificate.PrivateKey?) {
        guard let certificate, let key else { return nil }
        self.init(certificate: certificate, key: key)
    }
}

extension Certificate {
    /// The names in it that the local authority may vouch for. One without readable names has none and is replaced.
    var localHosts: Set<LocalHost> {
        guard let names = try? extensions.subjectAlternativeNames else { return [] }
        return Set(names.compactMap(LocalHost.init))
    }
}

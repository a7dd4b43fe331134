// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import NIOSSL

/// The certificates of the public listener as one shared context: building one is slow, sharing one is free.
///
/// With several pairs the client's SNI chooses; a name that none of them carries, or no name at all, gets the first.
struct TLSMaterial: Sendable {
    /// What is wrong with a pair, in words for the person who wrote the path.
    struct Failure: Error, CustomStringConvertible {
        let message: String
        let isAboutKey: Bool
        /// Which pair of the list.
        var index = 0
        var description: String { self.message }
    }

    let context: NIOSSLContext
    let certificates: [CertificateFacts]
    /// Of everything the context was made from.
    private let digest: [UInt8]

    /// Opens, parses and compares the pairs; TLS 1.2 and 1.3, ALPN `h2` then `http/1.1`.
    ///
    /// - Parameters:
    ///   - files: at least one pair.
    ///   - previous: kept whole where the files hold what they held, so that session tickets go on to resume. Other files mean another
    ///     context with ticket keys of its own, which NIOSSL does not let us set: a ticket from before then costs a full handshake.
    static func load(
        _ files: [EdgeSettings.CertificateFiles],
        continuing previous: TLSMaterial? = nil
    ) throws(Failure) -> TLSMaterial {
        var pairs: [CertificatePair] = []
        for (index, pair) in files.enumerated() {
            do throws(Failure) { pairs.append(try CertificatePair.open(pair)) } catch {
                throw Failure(message: error.message, isAboutKey: error.isAboutKey, index: index)
            }
        }
        let digest = pairs.flatMap(\.digest)
        if let previous, previous.digest == digest { return previous }
        var context: NIOSSLContext?
        // The first one's is the context to use; the others' are made for the comparison of chain and key alone.
        for (index, pair) in pairs.enumerated() {
            do {
                let made = try NIOSSLContext(configuration: pair.configuration(choosingAmong: index == 0 ? pairs : []))
                if index == 0 { context = made }
            } catch {
                // Chain and key parsed one by one: what is left for BoringSSL to refuse is that they do not match.
                let message = "\(files[index].key) is not the key of \(files[index].certificate)"
                throw Failure(message: message, isAboutKey: true, index: index)
            }
        }
        guard let context else { throw Failure(message: "no certificate", isAboutKey: false) }
        return TLSMaterial(context: context, certificates: pairs.map(\.facts), digest: digest)
    }
}

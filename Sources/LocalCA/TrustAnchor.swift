// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Crypto
internal import Foundation
internal import SwiftASN1
internal import X509

/// The authority as a trust store knows it.
package struct TrustAnchor: Sendable, Hashable {
    /// Absolute.
    package let path: String
    let pem: String
    /// `gatecast-` and eight digits of the certificate's SHA-256: the authorities of several folders live side by side in a store, and
    /// each is taken out alone.
    package let name: String

    package init(caPath: String) throws(LocalCAError) {
        path = URL(fileURLWithPath: caPath).standardizedFileURL.path
        guard let text = try SecureFile.read(path) else {
            throw LocalCAError(
                message: "there is no \(caPath)",
                advice: "Run gatecast certs first, or name its folder with --directory."
            )
        }
        guard let document = try? PEMDocument(pemString: text), (try? Certificate(pemDocument: document)) != nil else {
            throw LocalCAError(
                message: "\(caPath) holds no certificate",
                advice: "Delete it and its key, and run gatecast certs."
            )
        }
        pem = text
        let digest = SHA256.hash(data: document.derBytes).prefix(4)
        name = "gatecast-" + digest.map { String(UInt16($0) | 0x100, radix: 16).dropFirst() }.joined()
    }

    /// Whether `text`, as a tool printed it, is this certificate: line ends and blanks do not count.
    func isSame(as text: String) -> Bool { Self.letters(text) == Self.letters(pem) }

    private static func letters(_ text: String) -> [Character] { text.filter { !$0.isWhitespace } }
}

// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation

/// How to trust the local authority. Lines to be read and copied; nothing here runs anything.
package struct TrustAdvice: Sendable {
    package struct Line: Sendable, Hashable {
        /// Who will trust it.
        package let audience: String
        package let command: String
    }

    package let lines: [Line]

    /// `caPath` is made absolute, since the lines are pasted into other terminals.
    /// - Parameter name: under which the stores know it, ``TrustAnchor/name``: `gatecast certs --untrust` then finds it.
    package init(caPath: String, origin: String = "https://localhost:8443", name: String) {
        let path = Self.shellQuoted(URL(fileURLWithPath: caPath).standardizedFileURL.path)
        lines = [
            Line(audience: "curl, this call only", command: "curl --cacert \(path) \(origin)/"),
            Line(
                audience: "this Debian or Ubuntu system",
                command:
                    "sudo cp \(path) /usr/local/share/ca-certificates/\(name).crt && sudo update-ca-certificates"
            ),
            Line(
                audience: "Chromium and Chrome on Linux (package libnss3-tools)",
                command:
                    "mkdir -p $HOME/.pki/nssdb && certutil -d sql:$HOME/.pki/nssdb -A -t \"C,,\" -n \(name) -i \(path)"
            ),
            Line(
                audience: "Firefox on Linux, every profile (package libnss3-tools)",
                command: "for p in $HOME/.mozilla/firefox/*.default*; do "
                    + "certutil -d sql:\"$p\" -A -t \"C,,\" -n \(name) -i \(path); done"
            ),
            Line(
                audience: "macOS",
                command:
                    "security add-trusted-cert -r trustRoot -k \"$HOME/Library/Keychains/login.keychain-db\" \(path)"
            ),
            Line(
                audience: "macOS, to take it back",
                command: "security remove-trusted-cert \(path)"
            ),
            Line(audience: "Node.js", command: "export NODE_EXTRA_CA_CERTS=\(path)"),
            Line(audience: "Python's ssl, httpx", command: "export SSL_CERT_FILE=\(path)"),
            Line(audience: "Python's requests", command: "export REQUESTS_CA_BUNDLE=\(path)"),
        ]
    }

    /// For a terminal: each audience as a comment above its line.
    package var text: String {
        lines.map { "# \($0.audience)\n\($0.command)\n" }.joined(separator: "\n")
    }

    static func shellQuoted(_ text: String) -> String {
        let isPlain = text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "/"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "-"):
                true
            default: false
            }
        }
        return isPlain ? text : "'" + text.replacing("'", with: #"'\''"#) + "'"
    }
}

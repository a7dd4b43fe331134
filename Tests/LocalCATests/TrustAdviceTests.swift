// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation
internal import LocalCA
internal import Testing

@Suite("Trust advice")
struct TrustAdviceTests {
    @Test("names every store, with the authority's whole path")
    func lines() {
        let text = TrustAdvice(caPath: "/srv/certs/ca.pem", name: "gatecast-0a1b2c3d").text
        for expected in [
            "curl --cacert /srv/certs/ca.pem https://localhost:8443/", "update-ca-certificates",
            #"certutil -d sql:$HOME/.pki/nssdb -A -t "C,," -n gatecast-0a1b2c3d -i /srv/certs/ca.pem"#,
            "security add-trusted-cert", "NODE_EXTRA_CA_CERTS=/srv/certs/ca.pem", "SSL_CERT_FILE=/srv/certs/ca.pem",
            "REQUESTS_CA_BUNDLE=/srv/certs/ca.pem",
        ] {
            #expect(text.contains(expected))
        }
    }

    @Test("can be pasted whatever the folder is called")
    func quoting() {
        let advice = TrustAdvice(caPath: "/home/o'neil/my certs/ca.pem", origin: "https://localhost:1234", name: "n")
        #expect(advice.lines[0].command == #"curl --cacert '/home/o'\''neil/my certs/ca.pem' https://localhost:1234/"#)
    }

    @Test("makes a relative path absolute")
    func absolute() {
        let here = FileManager.default.currentDirectoryPath
        #expect(TrustAdvice(caPath: "certs/ca.pem", name: "n").text.contains("\(here)/certs/ca.pem"))
    }
}

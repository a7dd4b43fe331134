// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import Sessions
import Testing

/// The whole matrix of login.md §11, no. 6, against the table of §7 written a second time.
@Suite("The cross-site rule")
struct CrossSiteGuardTests {
    private let gate = CrossSiteGuard(
        publicOrigins: ["https://app.example:8443"],
        allowedOrigins: ["https://partner.example"]
    )

    private static let methods = ["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"]
    private static let sites = [nil, "same-origin", "none", "same-site", "cross-site", "moon"]
    private static let modes = ["navigate", "cors"]
    private static let origins = [
        nil, "https://app.example:8443", "https://partner.example", "null", "https://app.example",
        "https://evil.example",
    ]

    private func method(_ name: String) -> CrossSiteGuard.Method {
        switch name {
        case "GET", "HEAD": .read
        case "OPTIONS": .options
        default: .unsafe
        }
    }

    private func expected(_ request: Row) -> Bool {
        let hasCookie = request.credential == .cookie || request.credential == .both
        let isPartner = request.origin == "https://partner.example"
        switch method(request.method) {
        case .options: return true
        case .read: return !hasCookie || request.site != "cross-site" || request.mode == "navigate" || isPartner
        case .unsafe:
            if !hasCookie, !request.isAuth { return true }
            switch request.site {
            case "same-origin": return true
            case "none": return request.mode == "navigate"
            case "same-site", "cross-site": return isPartner
            case nil:
                if request.origin == nil { return request.listener == .internal }
                return isPartner || request.origin == "https://app.example:8443"
            default: return false
            }
        }
    }

    struct Row {
        var method: String
        var site: String?
        var mode: String
        var origin: String?
        var credential: CrossSiteGuard.Credential
        var listener: CrossSiteGuard.Listener
        var isAuth: Bool
    }

    @Test("Every combination gets the verdict of the table", arguments: methods)
    func matrix(_ name: String) {
        var count = 0
        for site in Self.sites {
            for mode in Self.modes {
                for origin in Self.origins {
                    for credential in CrossSiteGuard.Credential.allCases {
                        for listener in CrossSiteGuard.Listener.allCases {
                            for isAuth in [false, true] {
                                let row = Row(
                                    method: name,
                                    site: site,
                                    mode: mode,
                                    origin: origin,
                                    credential: credential,
                                    listener: listener,
                                    isAuth: isAuth
                                )
                                let verdict = gate.verdict(
                                    .init(
                                        method: method(name),
                                        credential: credential,
                                        isAuthEndpoint: isAuth,
                                        listener: listener,
                                        secFetchSite: .init(site),
                                        secFetchMode: .init(mode),
                                        origin: .init(origin)
                                    )
                                )
                                #expect(verdict.isAllowed == expected(row), "\(row)")
                                count += 1
                            }
                        }
                    }
                }
            }
        }
        #expect(count == 6 * 2 * 6 * 4 * 2 * 2)
    }

    @Test("A header sent twice is refused")
    func twice() {
        var request = CrossSiteGuard.Request(method: .unsafe, credential: .cookie)
        request.secFetchSite = .several
        #expect(gate.verdict(request) == .refuse(.ambiguous))
        request.secFetchSite = .absent
        request.origin = .several
        #expect(gate.verdict(request) == .refuse(.origin))
        request.listener = .internal
        #expect(gate.verdict(request) == .refuse(.origin))
    }

    @Test(
        "A WebSocket with a cookie names our origin exactly",
        arguments: [
            ("https://app.example:8443", true), (nil, false), ("null", false), ("https://app.example", false),
            ("http://app.example:8443", false), ("https://app.example:8443.evil.example", false),
            ("https://app.example:8443/", false), ("HTTPS://app.example:8443", false),
        ] as [(String?, Bool)]
    )
    func webSocket(_ origin: String?, _ isAllowed: Bool) {
        let request = CrossSiteGuard.Request(method: .read, credential: .cookie, origin: .init(origin))
        #expect(gate.liveVerdict(request, isWebSocket: true).isAllowed == isAllowed)
        var bearer = request
        bearer.credential = .bearer
        #expect(gate.liveVerdict(bearer, isWebSocket: true) == .unconcerned)
    }

    @Test("A stream without Origin proves itself by Sec-Fetch-Site")
    func stream() {
        var request = CrossSiteGuard.Request(method: .read, credential: .cookie, secFetchSite: .init("same-origin"))
        #expect(gate.liveVerdict(request, isWebSocket: false).isAllowed)
        request.secFetchSite = .init("same-site")
        #expect(!gate.liveVerdict(request, isWebSocket: false).isAllowed)
        request.secFetchSite = .absent
        #expect(!gate.liveVerdict(request, isWebSocket: false).isAllowed)
        request.listener = .internal
        #expect(gate.liveVerdict(request, isWebSocket: false).isAllowed)
        #expect(!gate.liveVerdict(request, isWebSocket: true).isAllowed)
    }
}

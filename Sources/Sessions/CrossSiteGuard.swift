// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

/// Judges whether another site may be behind a request, from headers only a browser can set (login.md §7). Pure.
///
///     Sec-Fetch-Site     unsafe method                                    GET, HEAD with a cookie
///     same-origin        allow                                            allow
///     none               allow if Sec-Fetch-Mode: navigate                allow
///     same-site          only if Origin is in csrf.allowedOrigins         allow
///     cross-site         only if Origin is in csrf.allowedOrigins         navigate, or an allowed Origin
///     other, or twice    refuse                                           other: allow; twice: refuse
///     absent             Origin is a public or allowed one, byte for byte allow
///                        (internal listener: or absent too)
///
/// Judged are unsafe methods that carry our cookie, and every unsafe method under `/auth`: login CSRF counts.
package struct CrossSiteGuard: Sendable {
    package enum Verdict: Sendable, Hashable {
        /// No rule of this table applies to the request.
        case unconcerned
        /// Judged and let through: the answer carries `Vary: Sec-Fetch-Site, Origin`.
        case allow
        case refuse(Refusal)

        package var isAllowed: Bool {
            if case .refuse = self { false } else { true }
        }
    }

    /// For the log; the client reads `csrf-refused` or `origin-refused` alone.
    package enum Refusal: String, Sendable, Hashable {
        case site, mode, ambiguous, origin
    }

    /// OPTIONS is neither: it reads nothing and changes nothing.
    package enum Method: Sendable, Hashable, CaseIterable { case read, options, unsafe }
    /// What the request carries, valid or not.
    package enum Credential: Sendable, Hashable, CaseIterable { case none, cookie, bearer, both }
    package enum Listener: Sendable, Hashable, CaseIterable { case external, `internal` }

    /// A header field as it came.
    package enum Field: Sendable, Hashable {
        case absent
        case one(ArraySlice<UInt8>)
        case several

        package init(count: Int, first: ArraySlice<UInt8>?) {
            switch (count, first) {
            case (1, .some(let value)): self = .one(value)
            case (0, _): self = .absent
            default: self = .several
            }
        }

        package init(_ value: String?) {
            self = value.map { .one(Array($0.utf8)[...]) } ?? .absent
        }

        func equals(_ text: StaticString) -> Bool {
            guard case .one(let value) = self else { return false }
            return text.withUTF8Buffer { value.elementsEqual($0) }
        }
    }

    package struct Request: Sendable {
        package var method: Method
        package var credential: Credential
        /// The target is one of our endpoints under `/auth`.
        package var isAuthEndpoint: Bool
        package var listener: Listener
        package var secFetchSite: Field
        package var secFetchMode: Field
        package var origin: Field

        package init(
            method: Method,
            credential: Credential,
            isAuthEndpoint: Bool = false,
            listener: Listener = .external,
            secFetchSite: Field = .absent,
            secFetchMode: Field = .absent,
            origin: Field = .absent
        ) {
            self.method = method
            self.credential = credential
            self.isAuthEndpoint = isAuthEndpoint
            self.listener = listener
            self.secFetchSite = secFetchSite
            self.secFetchMode = secFetchMode
            self.origin = origin
        }

        var hasCookie: Bool { credential == .cookie || credential == .both }
        var isNavigation: Bool { secFetchMode.equals("navigate") }
    }

    private let publicOrigins: [[UInt8]]
    private let allowedOrigins: [[UInt8]]

    /// Origins as browsers write them, such as `https://app.example:8443`.
    /// - Parameter allowedOrigins: other sites trusted to act for our users: `csrf.allowedOrigins`, empty by default.
    package init(publicOrigins: [String], allowedOrigins: [String] = []) {
        self.publicOrigins = publicOrigins.map { Array($0.utf8) }
        self.allowedOrigins = allowedOrigins.map { Array($0.utf8) }
    }

    package func verdict(_ request: Request) -> Verdict {
        switch request.method {
        case .unsafe where request.hasCookie || request.isAuthEndpoint: judgeUnsafe(request)
        case .read where request.hasCookie: judgeRead(request)
        case .unsafe, .read, .options: .unconcerned
        }
    }

    /// The Origin rule of `/live`, which comes before every other check (login.md §8, live.md §1). A handshake must
    /// name its origin; SSE and long-poll, on which browsers leave it out, may prove themselves by `Sec-Fetch-Site`.
    package func liveVerdict(_ request: Request, isWebSocket: Bool) -> Verdict {
        guard request.hasCookie else { return .unconcerned }
        switch request.origin {
        case .one(let origin):
            return isKnown(origin) ? .allow : .refuse(.origin)
        case .several:
            return .refuse(.ambiguous)
        case .absent:
            if isWebSocket { return .refuse(.origin) }
            if request.secFetchSite.equals("same-origin") { return .allow }
            // Node's fetch sends neither header.
            let isServer = request.listener == .internal && request.secFetchSite == .absent
            return isServer ? .allow : .refuse(.origin)
        }
    }

    private func judgeUnsafe(_ request: Request) -> Verdict {
        switch request.secFetchSite {
        case .several:
            return .refuse(.ambiguous)
        case .absent:
            if request.origin == .absent, request.listener == .internal { return .allow }
            guard case .one(let origin) = request.origin else { return .refuse(.origin) }
            return isKnown(origin) ? .allow : .refuse(.origin)
        case .one:
            if request.secFetchSite.equals("same-origin") { return .allow }
            if request.secFetchSite.equals("none") { return request.isNavigation ? .allow : .refuse(.mode) }
            if request.secFetchSite.equals("same-site") || request.secFetchSite.equals("cross-site") {
                return isAllowed(request.origin) ? .allow : .refuse(.site)
            }
            return .refuse(.site)
        }
    }

    /// Other sites may link here, not read.
    private func judgeRead(_ request: Request) -> Verdict {
        if request.secFetchSite == .several { return .refuse(.ambiguous) }
        guard request.secFetchSite.equals("cross-site"), !request.isNavigation else { return .allow }
        return isAllowed(request.origin) ? .allow : .refuse(.site)
    }

    private func isAllowed(_ origin: Field) -> Bool {
        guard case .one(let origin) = origin else { return false }
        return allowedOrigins.contains { origin.elementsEqual($0) }
    }

    private func isKnown(_ origin: ArraySlice<UInt8>) -> Bool {
        publicOrigins.contains { origin.elementsEqual($0) } || allowedOrigins.contains { origin.elementsEqual($0) }
    }
}

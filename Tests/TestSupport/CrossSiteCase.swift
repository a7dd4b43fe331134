// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

/// One combination of what the cross-site tables of `docs/security.md` speak of. `nil` is a header that is not there,
/// `twice` one that is there two times.
package struct CrossSiteCase: Sendable {
    package static let methods = ["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"]
    package static let sites = [nil, "same-origin", "none", "same-site", "cross-site", "moon", "twice"]
    package static let modes = [nil, "navigate", "cors", "twice"]
    /// By what they are; which text that is, the test knows.
    package static let origins = [
        nil, "ours", "allowed", "null", "other port", "other scheme", "look-alike", "upper case", "twice",
    ]

    package var method: String
    package var isAuth: Bool
    package var hasCookie: Bool
    package var hasBearer: Bool
    package var site: String?
    package var mode: String?
    package var origin: String?
    package var isInternal: Bool
    package var isWebSocket = false

    package static func all(_ methods: [String] = Self.methods) -> [CrossSiteCase] {
        let bools = [false, true]
        var all: [CrossSiteCase] = []
        for method in methods {
            for (isAuth, hasCookie) in [(false, false), (false, true), (true, false), (true, true)] {
                for (hasBearer, isInternal) in bools.flatMap({ a in bools.map { (a, $0) } }) {
                    for site in sites {
                        for mode in modes {
                            for origin in origins {
                                all.append(
                                    CrossSiteCase(
                                        method: method,
                                        isAuth: isAuth,
                                        hasCookie: hasCookie,
                                        hasBearer: hasBearer,
                                        site: site,
                                        mode: mode,
                                        origin: origin,
                                        isInternal: isInternal
                                    )
                                )
                            }
                        }
                    }
                }
            }
        }
        return all
    }

    package var isRead: Bool { method == "GET" || method == "HEAD" }

    /// What the words of the page mean.
    package func fits(_ column: String, _ cell: String) throws -> Bool {
        switch (column, cell) {
        case ("Method", "read"): isRead
        case ("Method", "unsafe"): !isRead && method != "OPTIONS"
        case ("Method", "OPTIONS"): method == "OPTIONS"
        case ("Target", "auth"): isAuth
        case ("Target", "other"): !isAuth
        case ("Credential", "cookie"): hasCookie
        case ("Credential", "no cookie"): !hasCookie
        case ("Sec-Fetch-Site", "absent"): site == nil
        case ("Sec-Fetch-Site", _) where Self.sites.contains(cell): site == cell
        case ("Sec-Fetch-Mode", "navigate"): mode == cell
        case ("Origin", "ours"), ("Origin", "allowed"): origin == cell
        case ("Origin", "known"): origin == "ours" || origin == "allowed"
        case ("Origin", "absent"): origin == nil
        case ("Listener", "internal"): isInternal
        case ("Transport", "websocket"): isWebSocket
        case ("Transport", "stream"): !isWebSocket
        default: throw RuleTable.Failure(description: "nobody knows what \(column) = \(cell) means")
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import HTTPMessages

/// CORS for the origins of `csrf.allowedOrigins`, and silence for all others (proxy.md §6): preflights are answered here,
/// answers name the exact origin and allow credentials. Never `*`. Routes with `auth: none` are the upstream's own affair.
struct CrossOriginAccess: Sendable {
    private let origins: [[UInt8]]

    init(_ origins: [String]) { self.origins = origins.map { Array($0.utf8) } }

    /// Nothing is allowed: not one header is looked at.
    var isOff: Bool { self.origins.isEmpty }

    /// The request's one `Origin`, if it is one of ours.
    func origin(of head: MessageHead) -> [UInt8]? {
        guard !self.isOff, head.count(.origin) == 1, let origin = head.first(.origin) else { return nil }
        return self.origins.first { origin.elementsEqual($0) }
    }

    /// Whether a browser asks for leave to send something else. From any other origin it is an ordinary OPTIONS.
    func isPreflight(_ head: MessageHead) -> Bool {
        head.method == .options && head.count(.accessControlRequestMethod) == 1 && self.origin(of: head) != nil
    }

    /// - Parameter allow: methods of the path, as in `Allow`.
    static func preflightAnswer(to head: MessageHead, allow: String) -> Answer {
        var fields: [(name: String, value: String)] = [
            ("access-control-allow-methods", allow), ("access-control-max-age", "600"),
            ("vary", "Access-Control-Request-Method, Access-Control-Request-Headers"),
        ]
        // What the page will send is its own affair: the header rules judge the request itself.
        if let names = head.string(.accessControlRequestHeaders), !names.isEmpty {
            fields.append(("access-control-allow-headers", names))
        }
        return Answer(status: 204, fields: fields)
    }
}

// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import HTTPMessages

/// How a request to `/auth` is written, and so how it is answered.
enum AuthBodyKind: Sendable, Equatable {
    /// By a script: documents and statuses.
    case json
    /// By a plain HTML form: redirects.
    case form

    /// `nil`: a type that is not read here (415). Only login and registration need one.
    init?(_ head: MessageHead, of endpoint: AuthEndpoint) {
        guard head.method == .post else {
            self = .json
            return
        }
        switch (head.count(.contentType), Self.type(head)) {
        case (0, _) where !endpoint.readsBody: self = .json
        case (1, "application/json"): self = .json
        case (1, "application/x-www-form-urlencoded"): self = .form
        default: return nil
        }
    }

    /// Without parameters, in lower case.
    private static func type(_ head: MessageHead) -> String {
        let value = head.string(.contentType) ?? ""
        return value.prefix { $0 != ";" }.lowercased().filter { $0 != " " && $0 != "\t" }
    }
}

// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

/// Where `TokenAuthority` gets key sets from. Tests put a script in its place.
package protocol KeySetSource: Sendable {
    /// Bounded in time and size by the source itself.
    func fetch(_ url: String) async throws(KeySetFetchError) -> FetchedKeySet
}

package struct FetchedKeySet: Sendable {
    package let keys: KeySet
    /// How long the answer said it stays fresh; `nil` if it did not say. Clamped by `KeySetSchedule`.
    package let maxAge: Duration?

    package init(keys: KeySet, maxAge: Duration?) {
        self.keys = keys
        self.maxAge = maxAge
    }
}

/// Why a key set could not be fetched. For the log.
package struct KeySetFetchError: Error, Sendable, Hashable, CustomStringConvertible {
    package enum Code: String, Sendable {
        case unreachable, timeout, status, redirect, tooLarge = "too-large", contentType = "content-type", unreadable
    }

    package let code: Code
    package let detail: String

    package init(_ code: Code, _ detail: String) {
        self.code = code
        self.detail = detail
    }

    package var description: String { "\(self.code.rawValue): \(self.detail)" }
}

// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

package import Store

/// One question `/readyz` asks. Answers `nil` when all is well, else a few words for the operator.
package struct ReadinessCheck: Sendable {
    package let name: String
    package let problem: @Sendable () async -> String?

    package init(_ name: String, problem: @escaping @Sendable () async -> String?) {
        self.name = name
        self.problem = problem
    }

    /// The database answers a query.
    package static func database(_ database: ServiceDatabase) -> ReadinessCheck {
        ReadinessCheck("database") {
            do {
                try await database.probe()
                return nil
            } catch let error as StoreError {
                return error.code.rawValue
            } catch {
                return "unavailable"
            }
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

package import StrictJSON
internal import Synchronization

/// What `/readyz` answers: a list of named checks, each true or false with a reason, and whether the process drains.
package final class Readiness: Sendable {
    package struct Check: Sendable {
        package var name: String
        /// False: it is told, and takes nobody out of rotation.
        package var isRequired: Bool
        /// nil: fine. Otherwise the reason, for operators.
        package var problem: @Sendable () -> String?

        package init(_ name: String, isRequired: Bool = true, problem: @escaping @Sendable () -> String?) {
            self.name = name
            self.isRequired = isRequired
            self.problem = problem
        }
    }

    private let checks: [Check]
    private let draining = Mutex(false)

    package init(checks: [Check]) { self.checks = checks }

    /// From here on the answer is no, so that a balancer looks elsewhere before anything closes.
    package func drain() { draining.withLock { $0 = true } }

    package func report() -> (isReady: Bool, body: JSONValue) {
        var members: [JSONValue.Member] = []
        var isReady = !draining.withLock { $0 }
        members.append(.init(name: "draining", value: .bool(!isReady)))
        for check in checks {
            let problem = check.problem()
            if problem != nil, check.isRequired { isReady = false }
            members.append(.init(name: check.name, value: .string(problem ?? "ok")))
        }
        members.insert(.init(name: "ready", value: .bool(isReady)), at: 0)
        return (isReady, .object(members))
    }
}

// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

package import Hummingbird
package import Store
package import Tokens

/// What every handler of a service knows about its request.
package struct ServiceContext: RequestContext {
    package var coreContext: CoreRequestContextStorage
    /// The gateway's `x-request-id` when it is well-formed, else a fresh one: one id finds the whole story in all logs.
    package var requestID: String
    /// Goes on with the gateway's trace, when its `traceparent` is well-formed.
    package var trace: ServiceTrace
    /// Set by `BearerAuthentication`.
    package var token: VerifiedToken?

    package init(source: ApplicationRequestContextSource) {
        self.coreContext = CoreRequestContextStorage(source: source)
        self.requestID = ""
        self.trace = .unset
    }
}

/// The context below `BearerAuthentication`: that someone is logged in is in the type, not in a check that can be forgotten.
package struct AuthenticatedContext: ChildRequestContext {
    package var coreContext: CoreRequestContextStorage
    package let requestID: String
    package let trace: ServiceTrace
    package let token: VerifiedToken

    /// For what this request causes: events, jobs.
    package var cause: EventCause { EventCause(requestID: self.requestID, traceparent: self.trace.traceparent) }

    /// The token's subject: the user's id.
    package var subject: String { self.token.subject }

    package init(context: ServiceContext) throws {
        guard let token = context.token else { throw ProblemDetails.invalidToken }
        self.coreContext = context.coreContext
        self.requestID = context.requestID
        self.trace = context.trace
        self.token = token
    }
}

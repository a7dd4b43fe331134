// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import HTTPMessages
internal import NIOCore
internal import Sessions

/// Who asks for what, and may they (proxy.md §3).
extension RequestExchange {
    /// Everything that comes before a byte of the body is read, in proxy.md §3's order.
    func decide() throws(Refusal) {
        if self.facts.isTrusted { self.findClient() }
        if self.facts.role == .redirect { return try self.answerRedirect() }
        let admission = Admission(
            routes: self.shared.routes,
            hosts: self.shared.hosts(of: self.facts.role),
            access: self.shared.access,
            trustsForwardedHost: self.facts.isTrusted && self.facts.role == .public,
            role: self.facts.role,
            serverName: self.facts.isTrusted ? nil : self.facts.serverName,
            auth: self.shared.authPrefix,
            hasSessions: self.shared.services.sessions != nil,
            keys: self.facts.role == .internal ? self.shared.assertions?.document : nil
        )
        switch try admission.judge(self.head) {
        case .route(let route):
            self.route = route
            if route.settings.authentication != .none { self.allowCrossOrigin() }
            try self.limitAddress(on: route)
        case .endpoint(let endpoint):
            self.endpoint = endpoint
            self.allowCrossOrigin()
            self.credentials = try Credentials.read(self.head)
            try self.guardCrossSite(underAuth: true)
            try self.beginEndpoint(endpoint)
        case .live:
            self.allowCrossOrigin()
            try self.beginLive()
        case .preflight(let allow):
            self.allowCrossOrigin()
            self.answer(CrossOriginAccess.preflightAnswer(to: self.head, allow: allow))
        case .keys(let document):
            self.answerKeys(document)
        case .page:
            try self.answerPage()
        }
    }

    private func findClient() {
        guard self.head.count(.xForwardedFor) > 0 else { return }
        let (shared, role) = (self.shared, self.facts.role)
        self.forwardedClient = ForwardedFor.client(of: self.head, peer: self.facts.client) {
            shared.isTrusted($0, at: role)
        }
    }

    /// Lets pages of allowed origins read the answer, whatever it will be, and tells caches that it depends.
    private func allowCrossOrigin() {
        let access = self.shared.access
        guard !access.isOff else { return }
        self.statement.variesByOrigin = true
        self.statement.allowedOrigin = access.origin(of: self.head)
    }

    /// The route is found and the address may ask: who is asking?
    func enter(_ route: Route) throws(Refusal) {
        if route.settings.webSocket == .tunnel {
            try self.beginTunnel()
        } else if route.settings.authentication == .none {
            try self.forward(.anonymous(wasDead: false), to: route)
        } else {
            self.credentials = try Credentials.read(self.head)
            try self.guardCrossSite(underAuth: false)
            self.authenticate()
        }
    }

    private func guardCrossSite(underAuth: Bool) throws(Refusal) {
        guard self.credentials.sid != nil || (underAuth && !self.head.method.isSafe) else { return }
        let request = CrossSite.request(
            self.head,
            credentials: self.credentials,
            underAuth: underAuth,
            role: self.facts.role
        )
        let verdict = self.shared.crossSite.verdict(request)
        self.statement.isJudged = verdict != .unconcerned
        try CrossSite.check(verdict)
    }

    /// From a cache on the loop, or from the session store and the token authority with one return.
    func authenticate() {
        let authenticate = Authenticate(worker: self.worker)
        if let result = authenticate.now(self.credentials) { return self.authenticated(result) }
        let epoch = self.epoch
        let changes = self.worker.sessionChanges
        authenticate.resolve(self.credentials).assumeIsolated().whenComplete { result in
            guard epoch == self.epoch, !self.machine.isEnded, !self.machine.isIdle else { return }
            self.authenticated(authenticate.caller(self.credentials, result, askedAt: changes))
        }
    }

    private func authenticated(_ result: Result<Caller, Refusal>) {
        do throws(Refusal) {
            if self.live != nil { return try self.liveAuthenticated(result) }
            guard let route else { return }
            try self.limit(result.get(), on: route)
        } catch {
            self.refuse(error)
        }
    }

    private func answerPage() throws(Refusal) {
        guard self.facts.role == .public, let page = self.shared.services.page,
            let file = page.file(at: String(decoding: self.head.path, as: UTF8.self))
        else { throw Refusal(.noRoute, "Nothing is served under this path.") }
        guard self.head.method == .get || self.head.method == .head else {
            var refusal = Refusal(.methodNotAllowed, "This method is not allowed here.")
            refusal.allow = "GET, HEAD"
            throw refusal
        }
        self.answer(Answer(status: 200, fields: [("content-type", file.contentType)] + file.fields, body: file.body))
    }
}

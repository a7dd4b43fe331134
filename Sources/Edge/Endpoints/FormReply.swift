// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Sessions
internal import StrictJSON

/// What a plain HTML form gets instead of a document: a 303 to a page, so that login works without JavaScript and a reload
/// sends nothing again (login.md §2).
struct FormReply: Sendable {
    /// `auth.loginPage` and `auth.registerPage`; `nil`: there is none, and failures are answered as to anybody else.
    let loginPage: String?
    let registerPage: String?
    /// Where the form wants to go, already judged by `NextPath`.
    let next: String?

    /// - Parameter answer: what the endpoint says to a script.
    func reply(to answer: Answer, from endpoint: AuthEndpoint) -> Answer {
        switch endpoint {
        case .login: self.seeOther(self.next ?? "/", answer)
        case .register where answer.status == 201:
            // Registered, but something comes first: an address to confirm, say.
            self.seeOther(self.page(self.loginPage ?? "/", [("notice", "registered")]), answer)
        case .register: self.seeOther(self.next ?? "/", answer)
        case .logout, .logoutAll: self.seeOther(self.loginPage ?? "/", answer)
        case .session, .sessions, .sessionItem: answer
        }
    }

    /// The page the form is on, told why. `nil`: no such page, or nothing a page could say: then the refusal stands, as it
    /// does for a logout that did not happen.
    func reply(to refusal: Refusal, from endpoint: AuthEndpoint) -> Answer? {
        let page: String?
        switch endpoint {
        case .login: page = self.loginPage
        case .register: page = self.registerPage ?? self.loginPage
        default: page = nil
        }
        guard let page, Self.isForPeople(refusal.code) else { return nil }
        var query = [("error", refusal.code.rawValue)]
        if let names = Self.names(refusal.errors) { query.append(("fields", names)) }
        var answer = self.seeOther(self.page(page, query), Answer(status: refusal.status))
        answer.code = refusal.code.rawValue
        return answer
    }

    /// Everything else is a broken or hostile client's, which a page should not have to explain.
    private static func isForPeople(_ code: Refusal.Code) -> Bool {
        switch code {
        case .invalidCredentials, .validationFailed, .rateLimited, .loginUnavailable, .sessionStoreUnavailable: true
        default: false
        }
    }

    /// The names of the fields that were not accepted; what was wrong with them is too long for a URL.
    private static func names(_ errors: [UInt8]?) -> String? {
        // What the provider handed us is an object; anything else has no names.
        guard let errors, let members = try? JSONScanner.parse(errors).members, !members.isEmpty else { return nil }
        return members.map(\.name).filter { (1...64).contains($0.utf8.count) }.prefix(8).joined(separator: ",")
    }

    private func page(_ page: String, _ query: [(String, String)]) -> String {
        let all = query + (self.next.map { [("next", $0)] } ?? [])
        let text = all.map { "\($0.0)=\(QueryText.encode($0.1.utf8))" }.joined(separator: "&")
        return page + (page.contains("?") ? "&" : "?") + text
    }

    private func seeOther(_ location: String, _ answer: Answer) -> Answer {
        let cookies = answer.fields.filter { $0.name == "set-cookie" }
        return Answer(status: 303, fields: [("location", location), ("cache-control", "no-store")] + cookies)
    }
}

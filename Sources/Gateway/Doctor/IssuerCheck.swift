// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

/// Whether an issuer's key set can be had.
struct IssuerCheck {
    var url: String
    var http: DoctorHTTP

    func findings() async -> [Finding] {
        let saw: String
        switch await http.get(url, [("accept", "application/json")]) {
        case .failure(let error): saw = "\(error)"
        case .success(let answer) where answer.status != 200: saw = "status \(answer.status)"
        case .success(let answer) where !answer.body.contains("\"keys\""): saw = "200 without \"keys\""
        case .success: return []
        }
        return [
            Finding(
                .problem,
                "issuer-keys",
                "issuers[].jwks \(url)",
                saw: saw,
                fix: "start the issuer, or correct jwks; without keys its tokens are answered 503"
            )
        ]
    }
}

// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Edge
internal import Foundation
internal import NIOCore
internal import Settings

/// What one endpoint of an upstream answers to a few GETs, asked as the gateway asks.
struct UpstreamProbe: Sendable {
    struct Observation: Sendable {
        var name: String
        var address: ListenAddress
        /// Why there is no answer at all.
        var failure: String?
        /// A page, as the gateway asks for it.
        var page: DoctorHTTP.Answer?
        /// The same page for the Host of the address itself.
        var ownHost: DoctorHTTP.Answer?
        /// The first prefix that ends in a slash, asked for without it.
        var slashless: (path: String, answer: DoctorHTTP.Answer)?
        /// A file of Next's development server, asked for by a page of the public origin, and by nobody.
        var devFromPage: DoctorHTTP.Answer?
        var devFromNobody: DoctorHTTP.Answer?
        var keepAlive = KeepAliveProbe.Outcome.unknown
        /// How long the gateway keeps one.
        var idle: TimeAmount
    }

    var name: String
    var address: ListenAddress
    var origin: PublicOrigin
    var prefixes: [String]
    var idle: TimeAmount
    var http: DoctorHTTP

    func observe() async -> Observation {
        var seen = Observation(name: name, address: address, idle: idle)
        let prefix = prefixes.first ?? "/"
        switch await ask(prefix) {
        case .failure(let error):
            seen.failure = "\(error)"
            return seen
        case .success(let answer):
            seen.page = answer
        }
        seen.ownHost = try? await ask(prefix, [("host", "\(address)")]).get()
        if let prefix = prefixes.first(where: { $0.count > 1 && $0.hasSuffix("/") }) {
            let path = String(prefix.dropLast())
            seen.slashless = (try? await ask(path).get()).map { (path: path, answer: $0) }
        }
        if UpstreamDiagnosis.isNext(seen.page) {
            let path = "/_next/static/chunks/gatecast-doctor.js"
            let page = [("origin", "\(origin)"), ("sec-fetch-site", "same-origin"), ("sec-fetch-mode", "cors")]
            seen.devFromPage = try? await ask(path, page).get()
            seen.devFromNobody = try? await ask(path).get()
        }
        seen.keepAlive = await KeepAliveProbe(address: address, host: origin.authority, path: prefix, limit: idle).run()
        return seen
    }

    /// With the fields the gateway sends; `further` replace those of the same name.
    private func ask(_ path: String, _ further: [(String, String)] = []) async
        -> Result<DoctorHTTP.Answer, DoctorHTTP.Failure>
    {
        var headers = [
            ("host", origin.authority), ("x-forwarded-proto", "https"), ("x-forwarded-host", origin.authority),
            ("accept", "text/html"), ("accept-encoding", "gzip"),
        ]
        headers.removeAll { own in further.contains { $0.0 == own.0 } }
        return await http.get("http://\(address)\(path)", headers + further)
    }
}

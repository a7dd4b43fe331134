// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Edge
internal import Foundation
internal import NIOCore

/// What an endpoint's answers tell about its settings (interop.md §1, §4). Pure.
struct UpstreamDiagnosis {
    var seen: UpstreamProbe.Observation
    var origin: PublicOrigin
    var settings: GatewaySettings
    var now: Date

    private var subject: String { "upstreams.\(seen.name) \(seen.address)" }

    func findings() -> [Finding] {
        if let failure = seen.failure {
            return [
                Finding(
                    .problem,
                    "upstream-reachable",
                    subject,
                    saw: failure,
                    fix: "start the service, or correct upstreams.\(seen.name); requests for it are answered 502"
                )
            ]
        }
        guard let page = seen.page else { return [] }
        return [
            allowedHosts(page), secureProxy(page), trailingSlash(), devOrigins(), compression(page), cookies(page),
            keepAlive(), clock(page),
        ].compactMap(\.self)
    }

    // MARK: Django

    /// A wrong Host is a 400 in HTML; the same page under another Host is something else.
    private func allowedHosts(_ page: DoctorHTTP.Answer) -> Finding? {
        guard page.status == 400, page.body.contains("DisallowedHost") || page.body.contains("Bad Request"),
            seen.ownHost?.status != 400 || page.body.contains("DisallowedHost")
        else { return nil }
        return Finding(
            .problem,
            "django-allowed-hosts",
            subject,
            saw: "400 for Host: \(origin.authority), which the gateway passes on as it came",
            fix: "ALLOWED_HOSTS = [\"\(origin.host)\"] in Django's settings.py"
        )
    }

    /// A redirect to the https address that was asked for: it does not see that the browser came by https.
    private func secureProxy(_ page: DoctorHTTP.Answer) -> Finding? {
        guard (301...308).contains(page.status), let location = page["location"],
            location.hasPrefix("https://\(origin.host)"),
            let path = URLComponents(string: location)?.path,
            settings.edge.routes.contains(where: { $0.prefix == path })
        else { return nil }
        return Finding(
            .problem,
            "django-secure-proxy-ssl-header",
            subject,
            saw:
                "\(page.status) to \(location) for a request with X-Forwarded-Proto: https: it would redirect for ever, and refuse forms (CSRF)",
            fix: "SECURE_PROXY_SSL_HEADER = (\"HTTP_X_FORWARDED_PROTO\", \"https\") in Django's settings.py"
        )
    }

    private func cookies(_ page: DoctorHTTP.Answer) -> Finding? {
        let lines = page.headers.filter { $0.name == "set-cookie" }.map(\.value)
        guard let line = lines.first(where: { $0.hasPrefix("csrftoken=") || $0.hasPrefix("sessionid=") }),
            !line.lowercased().contains("; secure")
        else { return nil }
        return Finding(
            .warning,
            "django-cookie-secure",
            subject,
            saw: "sets \(line.prefix { $0 != "=" }) without Secure, though the browser came by https",
            fix: "CSRF_COOKIE_SECURE = SESSION_COOKIE_SECURE = True in Django's settings.py"
        )
    }

    /// Django adds the slash; Next and many clients take it away: together they never end, and a POST loses its body.
    private func trailingSlash() -> Finding? {
        guard let (path, answer) = seen.slashless, [301, 302, 307, 308].contains(answer.status),
            let location = answer["location"], URLComponents(string: location)?.path == path + "/"
        else { return nil }
        return Finding(
            .warning,
            "append-slash",
            subject,
            saw:
                "\(answer.status) from \(path) to \(path)/: clients drop a POST's body there, and with Next in front it may never end",
            fix: "slash: append on the route { prefix: \(path)/ }"
        )
    }

    // MARK: Next

    static func isNext(_ page: DoctorHTTP.Answer?) -> Bool {
        guard let page else { return false }
        return page["x-powered-by"]?.contains("Next.js") == true || page.body.contains("/_next/static/")
            || page.headers.contains { $0.name.hasPrefix("x-nextjs-") }
    }

    private func devOrigins() -> Finding? {
        guard let page = seen.devFromPage, page.status == 403, let nobody = seen.devFromNobody, nobody.status != 403
        else { return nil }
        return Finding(
            .problem,
            "next-allowed-dev-origins",
            subject,
            saw: "403 for /_next/ files asked for by a page of \(origin): pages never hydrate, forms submit natively",
            fix: "allowedDevOrigins: [\"\(origin.host)\"] in next.config"
        )
    }

    private func compression(_ page: DoctorHTTP.Answer) -> Finding? {
        guard let coding = page["content-encoding"], coding != "identity" else { return nil }
        let isStream = page["content-type"]?.hasPrefix("text/event-stream") == true
        guard isStream || Self.isNext(page) else { return nil }
        return Finding(
            isStream ? .problem : .warning,
            isStream ? "stream-compressed" : "next-compress",
            subject,
            saw:
                "\(coding) on \(isStream ? "an event stream: small events are held back" : "every page, streamed ones too")",
            fix: isStream
                ? "no compression for text/event-stream, and Cache-Control: no-cache, no-transform"
                : "compress: false in next.config"
        )
    }

    // MARK: Any

    private func keepAlive() -> Finding? {
        switch seen.keepAlive {
        case .keeps, .unknown:
            return nil
        case .closesAlways:
            return Finding(
                .note,
                "upstream-keep-alive",
                subject,
                saw: "closes every connection behind its answer: each request pays for a new one",
                fix:
                    "a server that keeps connections: gunicorn with threads and --keep-alive 75, uvicorn --timeout-keep-alive 75"
            )
        case .closes(let after):
            let (theirs, ours) = (after.nanoseconds / 1_000_000, seen.idle.nanoseconds / 1_000_000)
            return Finding(
                .warning,
                "upstream-keep-alive",
                subject,
                saw:
                    "closes an idle connection after \(theirs) ms, the gateway keeps it \(ours) ms: a request may meet the close",
                fix:
                    "upstreams.\(seen.name): { endpoints: […], idle: \(max(1, theirs * 3 / 4))ms }, or a longer keep-alive there"
            )
        }
    }

    /// Tokens are judged with 30 s of leeway.
    private func clock(_ page: DoctorHTTP.Answer) -> Finding? {
        guard let text = page["date"], let date = Self.date(text) else { return nil }
        let skew = date.timeIntervalSince(now)
        guard abs(skew) > 20 else { return nil }
        return Finding(
            abs(skew) > 30 ? .problem : .warning,
            "clock-skew",
            subject,
            saw:
                "its clock is \(Int(abs(skew))) s \(skew > 0 ? "ahead of" : "behind") this one; tokens are judged with 30 s of leeway",
            fix: "run chrony or systemd-timesyncd on both machines; issuers[].leeway only if that cannot be"
        )
    }

    /// RFC 9110 §5.6.7, the preferred form.
    static func date(_ text: String) -> Date? {
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.timeZone = TimeZone(identifier: "GMT")
        formatter.dateFormat = "EEE, dd MMM yyyy HH:mm:ss 'GMT'"
        return formatter.date(from: text)
    }
}

// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

/// What a browser shows while the front end of a developer's machine is still starting: a page that asks again by itself,
/// without script, style or anything else of its own (proxy.md §7).
enum StartingPage {
    static func answer(upstream: String) -> Answer {
        let name = upstream.replacing("&", with: "&amp;").replacing("<", with: "&lt;")
        let body = """
            <!doctype html>
            <html lang="en">
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width">
            <meta name="color-scheme" content="light dark">
            <title>Starting …</title>
            <h1>The front end is starting</h1>
            <p>Nothing listens yet where <strong>\(name)</strong> should. This page asks again every second.</p>
            <p>If it stays: is that server running, and is its address under <code>upstreams</code> in the
            gateway's configuration the right one? The gateway's log names the address it tried.</p>
            </html>

            """
        return Answer(
            status: 503,
            fields: [
                ("content-type", "text/html; charset=utf-8"), ("cache-control", "no-store"), ("retry-after", "1"),
                ("refresh", "1"), ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
                ("x-content-type-options", "nosniff"), ("referrer-policy", "strict-origin-when-cross-origin"),
            ],
            body: Array(body.utf8)
        )
    }
}

// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

package import Edge

/// The embedded page of `gatecast up`: no npm, no build step, no request to anywhere else.
///
/// Bytes come from `Sources/Gateway/Page`, compiled into the binary.
package struct DemoPage: StaticPage {
    /// No inline script or style, nothing from elsewhere, never in a frame.
    package static let contentSecurityPolicy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        + "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

    private let files: [String: StaticFile]

    package init() {
        let icon = Self.file(PackageResources.icon_svg, "image/svg+xml")
        files = [
            "/": Self.file(PackageResources.index_html, "text/html; charset=utf-8"),
            "/app.css": Self.file(PackageResources.app_css, "text/css; charset=utf-8"),
            "/app.js": Self.file(PackageResources.app_js, "text/javascript; charset=utf-8"),
            "/live.js": Self.file(PackageResources.live_js, "text/javascript; charset=utf-8"),
            "/icon.svg": icon,
            "/favicon.ico": icon,
        ]
    }

    package func file(at path: String) -> StaticFile? { files[path] }

    private static func file(_ body: [UInt8], _ contentType: String) -> StaticFile {
        StaticFile(
            body: body,
            contentType: contentType,
            fields: [
                (name: "cache-control", value: "no-cache"),
                (name: "content-security-policy", value: contentSecurityPolicy),
                (name: "x-content-type-options", value: "nosniff"),
                (name: "referrer-policy", value: "strict-origin-when-cross-origin"),
            ]
        )
    }
}

// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

package import Edge

/// The embedded page of `gatecast up`: no npm, no build step, no request to anywhere else.
///
/// Bytes come from `Sources/Gateway/Page`, compiled into the binary.
package struct DemoPage: StaticPage {
    private let files: [String: StaticFile] = [
        // The login form works without a script, so it may be sent.
        "/": PageFile.markup(PackageResources.index_html, policy: PageFile.policy(forms: "'self'")),
        "/base.css": PageFile.style(PackageResources.base_css),
        "/page.css": PageFile.style(PackageResources.page_css),
        "/app.js": PageFile.script(PackageResources.app_js),
        "/api.js": PageFile.script(PackageResources.api_js),
        "/inbox.js": PageFile.script(PackageResources.inbox_js),
        "/live.js": PageFile.script(PackageResources.live_js),
        "/sessions.js": PageFile.script(PackageResources.sessions_js),
        "/status.js": PageFile.script(PackageResources.status_js),
        "/tasks.js": PageFile.script(PackageResources.tasks_js),
        "/toasts.js": PageFile.script(PackageResources.toasts_js),
        "/icon.svg": PageFile.image(PackageResources.icon_svg),
        "/docs": PageFile.markup(PackageResources.docs_html, policy: PageFile.policy(forms: "'none'")),
        "/docs.css": PageFile.style(PackageResources.docs_css),
        "/docs.js": PageFile.script(PackageResources.docs_js),
        "/favicon.ico": PageFile.image(PackageResources.icon_svg),
    ]

    package init() {}

    package func file(at path: String) -> StaticFile? { files[path] }
}

// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Edge

/// The operator's page, at `/` of the admin listener. It holds nothing: what it shows it asks the admin API for, with the token that
/// the operator types into it and that lives in its memory alone.
///
/// Bytes come from `Sources/Gateway/Console`, compiled into the binary; the base style is the embedded page's.
struct ConsolePage {
    /// By path.
    let files: [String: StaticFile] = [
        "/": PageFile.markup(PackageResources.console_html, policy: PageFile.policy(forms: "'none'")),
        "/base.css": PageFile.style(PackageResources.base_css),
        "/console.css": PageFile.style(PackageResources.console_css),
        "/console.js": PageFile.script(PackageResources.console_js),
        "/admin-api.js": PageFile.script(PackageResources.admin_api_js),
        "/dials.js": PageFile.script(PackageResources.dials_js),
        "/exposition.js": PageFile.script(PackageResources.exposition_js),
        "/feed.js": PageFile.script(PackageResources.feed_js),
        "/plot.js": PageFile.script(PackageResources.plot_js),
        "/publish.js": PageFile.script(PackageResources.publish_js),
        "/tables.js": PageFile.script(PackageResources.tables_js),
        "/icon.svg": PageFile.image(PackageResources.icon_svg),
        "/favicon.ico": PageFile.image(PackageResources.icon_svg),
    ]
}
